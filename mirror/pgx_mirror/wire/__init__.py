"""Authentic messages between our programs: bytes in, bytes out; no socket, no clock."""
