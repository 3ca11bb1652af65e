"""Packages for Debian and for RPM: the tree that `make install` makes, as one file."""
