"""`pgx_pclrsc --report`: what the traces of a node tell, as a page."""
