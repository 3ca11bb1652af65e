"""pgx_pclrsc --collect: what support asks for, in one archive, without secrets."""
