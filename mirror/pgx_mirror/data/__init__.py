"""What a pair keeps in the data directory: its mark, and lines in PostgreSQL's own files."""
