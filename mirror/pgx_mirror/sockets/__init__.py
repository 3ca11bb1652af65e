"""Sockets for peer and register: names looked up without waiting, and listening."""
