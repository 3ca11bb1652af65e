"""Children that do what may block, while a loop goes on; and time in which it did not run."""
