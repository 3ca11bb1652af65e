"""What decides about a recovery: no clock, no I/O."""
