"""Puts a bundle's contents under PREFIX.  It needs Python's standard library, and what the
bundle brings: no pip, no network.
"""
