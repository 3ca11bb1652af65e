"""The command lines: what people type, and what they read."""
