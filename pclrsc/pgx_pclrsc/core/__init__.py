"""What a resource is: its definition, its limits, and the form of its file.  Pure."""
