"""A fact that was not seen.  Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact that was not seen, and *why*.

    *expected*: nothing is wrong with that, as with a disk that the other node has mounted.
    """

    why: str
    expected: bool = False
