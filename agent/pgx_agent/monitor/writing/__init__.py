"""What the monitor says and writes down."""
