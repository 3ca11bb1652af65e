"""Whether this directory's write-ahead log is the primary's, byte by byte.

Positions and histories prove nothing alone: a primary that was put back to an older image
writes another log at the same positions of the same timeline, and two promotions apart from
each other call their timelines alike.  What is compared is what the primary would send.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from pgx_mirror.core import wal
from pgx_mirror.database import wal_stream
from pgx_mirror.database.trouble import Trouble
from pgx_mirror.setup.choosing import Known, Piece, pieces
from pgx_mirror.setup.task import Task


def differs(task: Task, known: Known) -> str:
    """Return how both differ where they should not, or why that cannot be told.

    Empty where they are alike.
    """
    parts = pieces(known)
    if not parts:
        return "there is no write-ahead log that both should have"
    log = _Log(f"{task.data}/pg_wal", tuple(p.timeline for p in parts), known.segment)
    try:
        return next(filter(None, (_of(task, log, part) for part in parts)), "")
    except Trouble as ex:
        return f"its write-ahead log cannot be compared with the primary's: {ex.text}"
    except OSError as ex:
        return f"its write-ahead log cannot be read: {ex.strerror}"


def _of(task: Task, log: _Log, part: Piece) -> str:
    conninfo, at = task.source.streaming(), part.start
    for block in wal_stream.read(conninfo, part.timeline, part.start, part.stop):
        if log.read(part.timeline, at, len(block)) != block:
            return (
                f"its write-ahead log is another one than the primary's, from "
                f"{wal.text(at)} of timeline {part.timeline} or soon after"
            )
        at += len(block)
    return ""


@dataclass(frozen=True, slots=True)
class _Log:
    """The files of a directory's log, of *timelines*; *segment*: bytes of a file."""

    directory: str
    timelines: tuple[int, ...]
    segment: int

    def read(self, timeline: int, at: int, length: int) -> bytes:
        """Return what *timeline* has from *at* on.  Raises OSError."""
        return b"".join(self._parts(timeline, at, at + length))

    def _parts(self, timeline: int, at: int, until: int) -> Iterator[bytes]:
        while at < until:
            behind = at % self.segment
            size = min(until - at, self.segment - behind)
            with open(self._path(timeline, at), "rb") as file:
                yield os.pread(file.fileno(), size, behind)
            at += size

    def _path(self, timeline: int, at: int) -> str:
        """Return the file; where it was archived, the next timeline's has the same."""
        names = [
            wal.name_of(number, at, self.segment)
            for number in self.timelines
            if number >= timeline
        ]
        paths = [f"{self.directory}/{name}" for name in names]
        return next(filter(os.path.exists, paths), paths[0])
