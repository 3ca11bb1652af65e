"""Collecting the facts, each kind in a child with a time limit; nothing is changed."""
