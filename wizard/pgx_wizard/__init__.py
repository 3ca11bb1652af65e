"""From a declared application to hvw's settings, and into hvw itself."""
