"""Files of the write-ahead log by their names, and what a file of history says.  Pure."""

from __future__ import annotations

import re

from pgx_mirror.core import wal

# Timelines, oldest first, each with the position where it was left for the next.
Left = tuple[tuple[int, int], ...]

_SEGMENT = re.compile("[0-9A-F]{24}")
_NAMED = re.compile("([0-9A-F]{8})\\.history")
_HISTORY = re.compile(r"(?m)^[ \t]*(\d+)[ \t]+([0-9A-F]+/[0-9A-F]+)")


def is_file(name: str) -> bool:
    """Whether *name* is that of a file of the log."""
    return _SEGMENT.fullmatch(name) is not None


def timeline(name: str) -> int:
    """Return the timeline of the file *name* of the log, or of history."""
    return int(name[:8], 16)


def first(name: str, segment: int) -> int:
    """Return the position that the file *name* of the log begins at."""
    return int(name[8:16], 16) * (1 << 32) + int(name[16:], 16) * segment


def name_of(timeline: int, position: int, segment: int) -> str:
    """Return the name of *timeline*'s file that has *position*."""
    high, low = position >> 32, position % (1 << 32) // segment
    return f"{timeline:08X}{high:08X}{low:08X}"


def history(text: str) -> Left:
    """Return what a file of history says, as PostgreSQL writes it."""
    return tuple((int(t), wal.number(at)) for t, at in _HISTORY.findall(text))


def of_history(name: str) -> int:
    """Return the timeline whose history the file *name* has, 0 for what is no such file."""
    found = _NAMED.fullmatch(name)
    return int(found[1], 16) if found else 0
