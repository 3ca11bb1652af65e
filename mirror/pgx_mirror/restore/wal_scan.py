"""Which files of the write-ahead log there are to recover with, each looked at: its head.

A file of another database, or one whose content is another place's, is none: PostgreSQL
would take it for the end of the log.  In an archive such a file is told; in pg_wal it is
one that the server has made ahead, of the content of an older one.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pgx_mirror.core import wal_files
from pgx_mirror.core.wal_files import Left

# XLogLongPageHeaderData: magic, info, timeline, position, rest; system, size of a file.
_HEAD = struct.Struct("=HHIQI4xQI")
_LONG = 0x0002
_LARGEST = 1 << 16  # bytes of a file of history


@dataclass(frozen=True, slots=True)
class Log:
    """The log that is there.

    files      where each file that can be used is, by its name
    histories  what the files of history say, by the timeline
    texts      where these are, by their names
    damaged    what lies in an archive and cannot be used, by its path, and why
    """

    files: Mapping[str, str] = field(default_factory=dict)
    histories: Mapping[int, Left] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    damaged: Mapping[str, str] = field(default_factory=dict)


def scan(
    system: str, segment: int, since: int, archives: Iterable[str], more: Iterable[str]
) -> Log:
    """Return the log of database *system* from position *since* on.

    *archives* before *more*, which are pg_wal of servers: what is in one that comes first
    counts.  Raises OSError where a directory is there and cannot be read.
    """
    files: dict[str, str] = {}
    histories: dict[int, Left] = {}
    texts: dict[str, str] = {}
    damaged: dict[str, str] = {}
    for directory, strict in [
        *((a, True) for a in archives),
        *((m, False) for m in more),
    ]:
        for name in _names(directory):
            path = f"{directory}/{name}"
            if timeline := wal_files.of_history(name):
                if timeline not in histories and (text := _text(path)):
                    histories[timeline], texts[name] = wal_files.history(text), path
            elif wal_files.is_file(name) and name not in files:
                if wal_files.first(name, segment) + segment <= since:
                    continue
                if not (why := fault(path, system, segment)):
                    files[name] = path
                elif strict:
                    damaged[path] = why
    return Log(files, histories, texts, damaged)


def _names(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except FileNotFoundError:
        return []


def _text(path: str) -> str:
    """Return what a file of history has; one that cannot be read has nothing."""
    try:
        with open(_opened(path), "rb") as file:
            return file.read(_LARGEST).decode("ascii", "replace")
    except OSError:
        return ""


def _opened(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)


def fault(path: str, system: str, segment: int) -> str:
    """Return why the file *path* of the log cannot be used, empty where its head is sound."""
    try:
        fd = _opened(path)
        try:
            size, head = os.fstat(fd).st_size, os.pread(fd, _HEAD.size, 0)
        finally:
            os.close(fd)
    except OSError as ex:
        return f"it cannot be read: {ex.strerror}"
    if size != segment:
        return f"it has {size} bytes, and a file of the log {segment}"
    return _of_head(head, os.path.basename(path), system, segment)


def _of_head(head: bytes, name: str, system: str, segment: int) -> str:
    if len(head) < _HEAD.size:
        return "it cannot be read to its end"
    _, info, timeline, position, _, whose, size = _HEAD.unpack(head)
    if not info & _LONG or size != segment:
        return "it does not begin as a file of the log does"
    if str(whose) != system:
        return f"it is of another database, with system identifier {whose}"
    # Where a timeline begins, the file is a copy of the last one of the timeline before.
    if position != wal_files.first(name, segment) or timeline > wal_files.timeline(
        name
    ):
        return "its content is that of another file of the log"
    return ""
