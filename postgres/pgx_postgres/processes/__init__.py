"""Which processes are an instance's, by evidence and never by a name."""
