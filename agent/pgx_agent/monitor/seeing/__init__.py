"""What the monitor keeps of what it sees: what names the server, and the evidence of a fault."""
