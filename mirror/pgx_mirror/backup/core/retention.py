"""Which backups have been replaced by newer ones, and which archived files nobody needs.  Pure.

A backup needs its own timeline's write-ahead log from where it starts, and that of every
timeline that comes of it: none of those has a file that begins earlier.  So what lies
before the earliest start of all backups that are kept is needed by none of them, on
whatever timeline.  Files of history are small, and tell which timeline came of which: they
stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from pgx_mirror.core import wal

# Segments, the one that a promotion cut off, and what tells where a backup began in one.
_ARCHIVED = re.compile(r"([0-9A-F]{24})(?:\.partial|\.[0-9A-F]{8}\.backup)?")
# What an archive command that was killed has left, and its server has not come back for.
_LEFT = re.compile(r"\.([0-9A-F]{24})\..+\.new")


class Backup(Protocol):
    """What a label tells of a backup."""

    @property
    def name(self) -> str:
        """Its directory's."""

    @property
    def start(self) -> int:
        """Where the log begins that it needs."""

    @property
    def wal_segment_size(self) -> int:
        """Bytes."""


_B = TypeVar("_B", bound=Backup)


def replaced(kept: Sequence[_B], newest: str, generations: int) -> tuple[_B, ...]:
    """Return those of *kept*, backups of one database in their order, that are to go.

    The oldest first, and none that stands behind *newest*: a newer timeline's is nothing that
    a server's replaces which was left on an older one, and may not know that yet.  Where
    *newest* is not one of them, none goes.
    """
    until = next((at for at, one in enumerate(kept) if one.name == newest), 0)
    return tuple(kept[:until][: max(0, len(kept) - generations)])


def earliest(kept: Iterable[Backup]) -> tuple[int, int] | None:
    """Return where the log begins that any of *kept* needs, and the bytes of a segment.

    None where that cannot be told: there are no backups, or their segments differ.
    """
    each = list(kept)
    sizes = {one.wal_segment_size for one in each}
    if len(sizes) != 1:
        return None
    (size,) = sizes
    return min(one.start for one in each) // size * size, size


def unneeded(names: Iterable[str], start: int, segment: int) -> list[str]:
    """Return those of the archived files *names* that end before *start*, in order.

    *segment*: bytes of one.  What is no file of the log is never one of them.
    """
    return sorted(name for name in names if _ends_before(name, start, segment))


def _ends_before(name: str, start: int, segment: int) -> bool:
    found = _ARCHIVED.fullmatch(name) or _LEFT.fullmatch(name)
    return found is not None and wal.first(found[1], segment) < start
