"""What decides: facts, the table of checks, what is said of them (pure)."""
