"""pgx_pclrsc --status: what is known of the resources of this node."""
