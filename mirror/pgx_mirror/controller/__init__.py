"""The resident loop of one server, and how mc_ctl speaks to it."""
