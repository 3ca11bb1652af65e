"""WAL positions as PostgreSQL writes them, and as numbers; and the files that have them."""

from __future__ import annotations

import re

_SEGMENT = re.compile("[0-9A-F]{24}")


def number(text: str) -> int:
    """Return the position *text* (`16/B374D848`) as a number.  Raises ValueError."""
    high, slash, low = text.partition("/")
    if not slash:
        raise ValueError(f'not a WAL position: "{text}"')
    return (int(high, 16) << 32) + int(low, 16)


def text(position: int) -> str:
    """Return *position* as PostgreSQL writes it."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def is_file(name: str) -> bool:
    """Whether *name* is that of a file of the log."""
    return _SEGMENT.fullmatch(name) is not None


def first(name: str, segment: int) -> int:
    """Return the position that the file *name* of the log begins at."""
    return int(name[8:16], 16) * (1 << 32) + int(name[16:], 16) * segment


def name_of(timeline: int, position: int, segment: int) -> str:
    """Return the name of *timeline*'s file that has *position*."""
    high, low = position >> 32, position % (1 << 32) // segment
    return f"{timeline:08X}{high:08X}{low:08X}"
