"""What can be seen of a server without ever waiting for it, and the questions to it."""
