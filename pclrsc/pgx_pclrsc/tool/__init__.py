"""The command pgx_pclrsc: it adds, deletes and prints resources."""
