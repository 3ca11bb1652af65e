"""Programs of the configuration: whether they may be run, and running them."""
