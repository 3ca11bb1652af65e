"""Decides, and does nothing else: no clock, no file, no process."""
