"""What the register decides: no clock, no I/O.  docs/pair.md has the protocol."""
