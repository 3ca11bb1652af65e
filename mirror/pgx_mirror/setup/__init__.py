"""A new standby: a base backup that bears no name which confirms anything."""
