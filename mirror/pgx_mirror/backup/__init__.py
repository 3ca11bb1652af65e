"""Backup and recovery of a pair's database: pgx_dmpall, pgx_rcvall.  Manual 6.11, 8.4, C.2."""
