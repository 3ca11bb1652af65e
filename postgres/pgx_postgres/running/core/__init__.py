"""What decides how an instance is stopped.  Pure."""
