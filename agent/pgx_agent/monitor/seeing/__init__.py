"""What the monitor sees of the server, without ever waiting for it."""
