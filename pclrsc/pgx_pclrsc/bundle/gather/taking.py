"""What the children do: read, leave secrets out, and hand over what is left.

A file is a regular one, is opened through its directory and never through a link, and no
more of it is read than is asked for, however long it claims to be.
"""

from __future__ import annotations

import base64
import os
import re
import zlib
from collections.abc import Collection
from dataclasses import dataclass

from pgx_base import files, whole_path
from pgx_pclrsc import record
from pgx_pclrsc.bundle.core import redaction, tail
from pgx_pclrsc.core import more, names
from pgx_postgres import server_log

MB = 1 << 20
_MOST_FILES, _MOST_OF_RMS = 40, 16 * MB
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,99}")


@dataclass(frozen=True, slots=True)
class Taken:
    """A part of the bundle: its name, its text packed for a pipe, and what else is to be known."""

    name: str
    packed: str
    note: str = ""

    def data(self) -> bytes:
        """Return its text as bytes."""
        return zlib.decompress(base64.b64decode(self.packed))


def pack(name: str, text: str, known: Collection[str], note: str = "") -> Taken:
    """Return the part *name* with *text*, from which secrets are left out."""
    return packed(name, redaction.scrubbed(text, known), note)


def packed(name: str, text: str, note: str = "") -> Taken:
    """Return the part *name* with *text*, which has no secret any more."""
    data = text.encode("utf-8", "surrogateescape")
    return Taken(name, base64.b64encode(zlib.compress(data, 1)).decode(), note)


def text_of(data: bytes) -> str:
    """Return *data* as text that gives the same bytes again."""
    return data.decode("utf-8", "surrogateescape")


def end_of(
    name: str, dir_fd: int, file: str, most: int, known: Collection[str]
) -> Taken:
    """Take the end of *file* in the directory of *dir_fd*.  Raises OSError."""
    fd = files.open_regular(dir_fd, file)
    try:
        size = os.fstat(fd).st_size
        at = max(0, size - most)
        text = text_of(_read(fd, most, at))
    finally:
        os.close(fd)
    if not at:
        return pack(name, text, known)
    note = f"its last {most // MB or 1} MB of {size} bytes"
    return pack(name, tail.from_first_entry(text), known, note)


def _read(fd: int, most: int, at: int = 0) -> bytes:
    parts = []
    while most > 0 and (data := os.pread(fd, min(most, MB), at)):
        parts.append(data)
        most, at = most - len(data), at + len(data)
    return b"".join(parts)


def whole(name: str, path: str, known: Collection[str]) -> Taken:
    """Take the first MB of *path*, a file of the system's.  Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return pack(name, text_of(_read_on(fd)), known)
    finally:
        os.close(fd)


def _read_on(fd: int) -> bytes:
    """Read what has no size, as under /proc."""
    parts, left = [], MB
    while left > 0 and (data := os.read(fd, left)):
        parts.append(data)
        left -= len(data)
    return b"".join(parts)


def the_record(name: str, work: str, known: Collection[str]) -> Taken:
    """Take the record as it stands, and in words.  Raises OSError."""
    dir_fd = files.open_workdir(work)
    fd = files.open_regular(dir_fd, names.RECORD)
    try:
        data = os.pread(fd, record.SIZE, 0)
    finally:
        os.close(fd)
    return pack(name, f"{text_of(data)}\n{_in_words(data)}\n", known)


def _in_words(data: bytes) -> str:
    try:
        found = record.decode(data)
    except record.Garbled as ex:
        return f"garbled: {ex}"
    if found is None:
        return "blank"
    pairs = zip(record.FIELDS, found.values(), strict=True)
    noted = more.decode(found.more)
    return "\n".join([*(f"{key}: {value}" for key, value in pairs), f"more: {noted}"])


def collected_logs(data: str, most: int, known: Collection[str]) -> tuple[Taken, ...]:
    """Take the ends of the files that the server's own collector writes to.

    Where they are the data directory says, so this is the OS user's to do.
    """
    taken = []
    for number, (form, path) in enumerate(server_log.collected(data)[:3], 1):
        name = f"server/{number}.{form}"
        try:
            # A directory of logs may well be a link; what is in it must be none.
            dir_fd = os.open(os.path.dirname(path), os.O_PATH | os.O_CLOEXEC)
            found = end_of(name, dir_fd, os.path.basename(path), most, known)
        except OSError as ex:
            found = Taken(name, "", f"not taken: {ex.strerror}")
        taken.append(found)
    return tuple(taken)


def rms_logs(directory: str, known: Collection[str]) -> tuple[Taken, ...]:
    """Take the ends of RMS's newest logs.  Raises OSError."""
    step = whole_path.open_directory(directory)
    dir_fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=step)
    taken: list[Taken] = []
    left = _MOST_OF_RMS
    for file in _newest(dir_fd):
        name = f"rms/{file}"
        try:
            found = end_of(name, dir_fd, file, min(MB, left), known)
        except OSError as ex:
            found = Taken(name, "", f"not taken: {ex.strerror}")
        taken.append(found)
        left -= MB
        if left <= 0:
            break
    return tuple(taken)


def _newest(dir_fd: int) -> list[str]:
    """Return the names of the regular files in *dir_fd*, newest first."""
    with os.scandir(dir_fd) as entries:
        found = [
            (entry.stat(follow_symlinks=False).st_mtime, entry.name)
            for entry in entries
            if _FILE_NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
        ]
    return [name for _, name in sorted(found, reverse=True)[:_MOST_FILES]]
