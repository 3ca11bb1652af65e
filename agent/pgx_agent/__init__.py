"""The RMS resource agent of one PostgreSQL instance.  No imports: this runs before every script."""
