"""Asking a server whether it answers."""
