"""What a secret looks like, and what is left of a file whose end alone is taken.  Pure."""
