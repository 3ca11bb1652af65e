"""The resident monitor: its loop, and how it detaches."""
