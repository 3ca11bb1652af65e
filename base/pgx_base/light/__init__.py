"""Stand-ins for modules that a switch would wait for; each is named after what it replaces."""
