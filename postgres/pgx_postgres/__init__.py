"""PostgreSQL, whoever runs it: its files, processes, probe, start and stop."""
