"""What is taken of a log whose end alone is read.  Pure."""

from __future__ import annotations


def from_first_entry(text: str) -> str:
    """Return *text*, which begins anywhere in a log, from the first whole entry on.

    What begins with a blank goes on with the entry before, which may have said what it is:
    a secret, for one.
    """
    at = text.find("\n") + 1
    while at and text[at : at + 1] in (" ", "\t", "\n", "\r"):
        at = text.find("\n", at) + 1
    return text[at:] if at else ""
