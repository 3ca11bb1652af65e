"""All that is asked of a PostgreSQL server by SQL.  Each call has a deadline in seconds."""
