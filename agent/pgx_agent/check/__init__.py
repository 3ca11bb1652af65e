"""pgx_check.  No imports: RMS calls it every few seconds."""
