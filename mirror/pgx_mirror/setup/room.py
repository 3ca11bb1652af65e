"""Whether the primary's database has room where it is to be copied to."""

from __future__ import annotations

import os

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.setup.session import More

# Tablespaces lie elsewhere; whoever may not be told this gets no answer.
SIZE = "select pg_tablespace_size('pg_default')"
_BLOCK = 512  # bytes, of st_blocks
_MEGABYTE = 1 << 20


def check(more: More, data: str) -> Failure | None:
    """Return that there is no room in *data*, None where there is, or nobody can tell."""
    said = more.answer(SIZE)
    if said.returncode != 0:
        return None
    size, room = int(said.stdout), available(data)
    if size <= room:
        return None
    return Failure(
        f"there is no room for the primary's database in {quoted(data)}",
        detail=f"It has {megabytes(size)}; {megabytes(room)} are free there, with what "
        "would be emptied.",
        hint="Make room, or put the data directory on a larger file system.",
    )


def available(data: str, *, own: bool = True) -> int:
    """Return the bytes that are free where *data* is; its *own* files count as free."""
    there = os.path.abspath(data)
    while not os.path.isdir(there):
        there = os.path.dirname(there)
    found = os.statvfs(there)
    free = found.f_bavail * found.f_frsize
    return free + (_used(data, os.stat(there).st_dev) if own and there == data else 0)


def _used(directory: str, device: int) -> int:
    """Return what is stored below *directory* on *device*; no link is followed."""
    total = 0
    for where, _, names in os.walk(directory):
        for name in names:
            try:
                found = os.lstat(f"{where}/{name}")
            except OSError:
                continue  # it went meanwhile
            if found.st_dev == device:
                total += found.st_blocks * _BLOCK
    return total


def megabytes(size: int) -> str:
    """Return *size*, bytes, for people."""
    return f"{size / _MEGABYTE:.0f} MB"
