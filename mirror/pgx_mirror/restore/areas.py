"""The directories whose content a restore exchanges: the data directory, pg_wal, tablespaces.

Nothing is renamed from one directory's place to another's: they may be mount points, and
may lie in directories that are root's.  What is new is made within them, and what is old
goes within them.

    DATA/pgx_rcvall.new, DATA/pgx_rcvall.old          and the same in what pg_wal leads to
    SPACE/PG_15_202209061.pgx_rcvall.old              the old part of a tablespace

A tablespace's new part is made in its own place: the log that is recovered has that path.
Each function goes on where it was killed; all of it is durable when it returns.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pgx_mirror.core.mark import LOCK
from pgx_mirror.data.unrestored import OURS
from pgx_mirror.restore.note import Note
from pgx_postgres.control import VERSION_FILE

NEW, OLD = f"{OURS}new", f"{OURS}old"
LINKS = f"{OURS}wal"  # in the data directory: what a recovery is let have of the log
OUTPUT, HELD = f"{OURS}out", f"{OURS}lock"
LOG = f"{OURS}log"  # what the output of a recovery that has failed is called afterwards
WAL = "pg_wal"
FOUND = "lost+found"  # a file system's own
_STAYS = (LOCK, FOUND)


def stays(name: str) -> bool:
    """Whether the entry *name* of an area is none of an instance's."""
    return name.startswith(OURS) or name in _STAYS


def new(area: str) -> str:
    """Return where the new content of *area* is made."""
    return f"{area}/{NEW}"


def old(area: str) -> str:
    """Return where the old content of *area* goes."""
    return f"{area}/{OLD}"


def areas(data: str, note: Note) -> list[str]:
    """Return the data directory, and where pg_wal leads to if it is a link."""
    return [data, *([note.wal] if note.wal else [])]


def part(space: str, note: Note) -> str:
    """Return the directory that a tablespace has for the instance."""
    return f"{space}/{note.part}"


def old_part(space: str, note: Note) -> str:
    """Return where the old one of these goes."""
    return f"{space}/{note.part}.{OLD}"


def sync(path: str) -> None:
    """Have the directory *path* on disk.  Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_file(path: str) -> None:
    """Have a regular file on disk; a link is its directory's.  Raises OSError."""
    if os.path.islink(path):
        return
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def set_aside(note: Note) -> None:
    """Have the old parts of the tablespaces go aside.  Raises OSError."""
    for space in note.replaced:
        aside = old_part(space, note)
        if not os.path.lexists(aside):
            os.rename(part(space, note), aside)
        sync(space)


def put_back(note: Note) -> None:
    """Have the old parts be in their places again, and no new ones.  Raises OSError."""
    for space in note.replaced:
        if os.path.lexists(old_part(space, note)):
            remove(part(space, note))
            os.rename(old_part(space, note), part(space, note))
            sync(space)
    for space in note.fresh:
        remove(part(space, note))


def drop_new(data: str, note: Note) -> None:
    """Remove what was made of the new content.  Raises OSError."""
    for area in areas(data, note):
        remove(new(area))
    for name in (LINKS, OUTPUT):
        remove(f"{data}/{name}")


def go_aside(data: str, note: Note) -> None:
    """Have the old content go aside.  Raises OSError."""
    for area in areas(data, note):
        os.makedirs(old(area), mode=0o700, exist_ok=True)
        for name in _instances(area):
            os.rename(f"{area}/{name}", f"{old(area)}/{name}")
        sync(old(area))
        sync(area)


def take_place(data: str, note: Note) -> None:
    """Have the new content take its place; what makes it an instance last.  Raises OSError."""
    if note.wal:
        _lead(f"{new(data)}/{WAL}", note.wal)
    for area in reversed(areas(data, note)):
        if os.path.isdir(new(area)):
            _move_up(area)


def _move_up(area: str) -> None:
    names = sorted(os.listdir(new(area)), key=lambda name: (name == VERSION_FILE, name))
    for name in names:
        os.rename(f"{new(area)}/{name}", f"{area}/{name}")
    sync(area)
    os.rmdir(new(area))
    sync(area)


def _lead(link: str, target: str) -> None:
    """Have *link*, while it is there, lead to *target*, durably."""
    if not os.path.islink(link) or os.readlink(link) == target:
        return
    beside = f"{link}.{OURS}link"
    Path(beside).unlink(missing_ok=True)
    os.symlink(target, beside)
    os.rename(beside, link)
    sync(os.path.dirname(link))


def drop_old(data: str, note: Note) -> None:
    """Remove the old content, and what else a restore has made.  Raises OSError."""
    for space in note.replaced:
        remove(old_part(space, note))
    for area in reversed(areas(data, note)):
        remove(old(area))
    for name in (LINKS, OUTPUT, LOG):
        remove(f"{data}/{name}")


def _instances(area: str) -> Iterator[str]:
    yield from sorted(name for name in os.listdir(area) if not stays(name))


def remove(path: str) -> None:
    """Have nothing at *path*; no link is followed.  Raises OSError."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        Path(path).unlink(missing_ok=True)
