"""hvw's screens: what they show, and what is to be done on them."""
