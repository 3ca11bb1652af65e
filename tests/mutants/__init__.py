"""Deliberate bugs in a copy of the project: does a suite catch what it is for?

Each NAME.toml here is one bug, in one line of description, an old and a new text, and per
suite that must catch it the smallest selection that does.  `make mutants` applies them
one by one to a copy of the checkout and runs the selections.
"""
