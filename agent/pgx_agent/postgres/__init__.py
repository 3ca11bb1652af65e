"""Talks to PostgreSQL: its files, its processes, its sockets."""
