"""pgx_rcvall: the way back from a backup to a data directory.  Manual 6.11, 8.4."""
