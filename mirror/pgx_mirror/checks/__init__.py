"""What a pair needs of PostgreSQL's configuration (manual 6.3.2, B.1, B.2).  Pure."""
