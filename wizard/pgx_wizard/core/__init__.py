"""What decides about an application: no clock, no I/O."""
