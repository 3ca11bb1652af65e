"""What is decided of backups: pure."""
