"""pgx_offline: what it does, and its papers in the work directory."""
