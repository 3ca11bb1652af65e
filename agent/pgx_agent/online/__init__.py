"""pgx_online: what it checks, finds, does and writes down."""
