"""Whether the write-ahead log is there that a rewound directory is to replay.

It begins at the last checkpoint that both servers have, which pg_rewind has written into
backup_label.  pg_rewind brings the files that the primary has then, and tells nobody of one
that is gone: the server would wait for it for ever.
"""

from __future__ import annotations

import os
import re

from pgx_base.failure import Failure
from pgx_mirror.core import wal
from pgx_mirror.setup import source, upstream
from pgx_mirror.setup.task import Task

_START = re.compile(r"(?m)^START WAL LOCATION: ([0-9A-F]+/[0-9A-F]+) ")


def check(task: Task, slot: str, segment: int) -> None:
    """Refuse a directory that needs what neither it nor the primary has.  Raises Failure.

    *slot* is this server's; *segment*: bytes of a file of the log.  The primary is asked
    anew: it has gone on meanwhile, and may have removed even what it wrote last then.
    """
    start = _start(task.data)
    if start is None:
        return  # nothing was to be rewound
    lacks, has = missing(task.data, start, segment), streamed(task, slot, segment)
    if lacks < has:
        raise Failure(
            "the primary no longer has the write-ahead log that a rewind needs",
            detail=f"It has that from {wal.text(has)} on; both have that up to "
            f"{wal.text(lacks)}.",
            hint="It is copied instead: leave out --method.",
        )


def missing(data: str, start: int, segment: int) -> int:
    """Return from where on *data* has not the log that it needs from *start* on."""
    names = [name for name in os.listdir(f"{data}/pg_wal") if wal.is_file(name)]
    there = {wal.first(name, segment) for name in names}
    return first_missing(there, start - start % segment, segment)


def streamed(task: Task, slot: str, segment: int) -> int:
    """Return from where on the primary has its log.  Raises Failure.

    What it writes to just now, where it does not tell more.
    """
    told = source.ask(task.source)
    oldest = upstream.ask(task.source, told, task.database, slot).oldest
    return told.position - told.position % segment if oldest is None else oldest


def first_missing(there: set[int], start: int, segment: int) -> int:
    """Return where the first file begins, from *start* on, that is not *there*."""
    while start in there:
        start += segment
    return start


def _start(data: str) -> int | None:
    try:
        with open(f"{data}/backup_label", encoding="ascii", errors="replace") as file:
            found = _START.search(file.read())
    except FileNotFoundError:
        return None
    return wal.number(found[1]) if found else None
