"""What the traces of both servers tell, and the page that `mc_ctl report` makes of it (pure)."""
