"""What is made of the lines of a trace and a switchlog (pure)."""
