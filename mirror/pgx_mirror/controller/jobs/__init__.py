"""What hands do: plain functions that may block, each run in a child of the controller."""
