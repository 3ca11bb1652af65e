"""postmaster.pid: what a server has written about itself, as evidence and not as truth.

The lines are PID, data directory, start time, port, first socket directory, first
listen address, shared memory key and id, status (storage/miscinit.c).  Any of them may
be missing: the file is written step by step while the server starts.
"""

from __future__ import annotations

import errno
import os
import stat

from pgx_base.light.dataclasses import dataclass

NAME = "postmaster.pid"
_LONGEST = 8192
Stamp = tuple[int, int, int]

STARTING, STOPPING, READY, STANDBY = "starting", "stopping", "ready", "standby"


class Garbled(Exception):
    """The file is there and names no process, as PostgreSQL reads it."""


class NoFile(Garbled):
    """What has its name is no regular file: nothing is read in it."""


@dataclass(frozen=True, slots=True)
class PidFile:
    """What postmaster.pid says; a line that is not there, or not understood, is None.

    *pid* is negative for a standalone backend (`postgres --single`).  *socket_directory*
    is as configured: it may be relative, abstract (`@`) or empty.  *listen_address* is
    as configured too: a wildcard, an address or a name.
    """

    pid: int
    data_directory: str | None = None
    started: int | None = None
    port: int | None = None
    socket_directory: str | None = None
    listen_address: str | None = None
    shmid: int | None = None
    status: str | None = None


def parse(data: bytes) -> PidFile:
    """Return what *data* says.  Raises Garbled."""
    pid = _pid(data)
    if not pid:
        raise Garbled("it names no process")
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    rest: list[str | None] = [*lines[1:8], *[None] * 7]
    return PidFile(
        pid,
        rest[0] or None,
        _number(rest[1]),
        _number(rest[2]),
        rest[3],
        rest[4],
        _shmid(rest[5]),
        rest[6].strip() or None if rest[6] is not None else None,
    )


def _pid(data: bytes) -> int:
    """Return the PID that PostgreSQL takes it for, 0 for none: it reads it with atoi()."""
    text = data.lstrip(b" \t\n\v\f\r")
    sign = text[:1] if text[:1] in (b"-", b"+") else b""
    rest = text[len(sign) :]
    digits = rest[: len(rest) - len(rest.lstrip(b"0123456789"))]
    if not 0 < len(digits) < 20:
        return 0
    return -int(digits) if sign == b"-" else int(digits)


def _number(text: str | None) -> int | None:
    """Return the number that *text* is; Python alone would take `1_0` and other digits."""
    text = (text or "").strip()
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        return None
    return int(text)


def _shmid(text: str | None) -> int | None:
    """Return the id in `key id`; a server without System V memory leaves the line empty."""
    words = (text or "").split()
    return _number(words[1]) if len(words) == 2 else None


def read(data_directory: str) -> PidFile | None:
    """Return what *data_directory*'s PID file says, None when there is none.

    Raises Garbled for one that is no PID file, NoFile for what is no file at all, OSError
    when it cannot be read.
    """
    try:
        fd = open_it(data_directory)
    except FileNotFoundError:
        return None
    try:
        return parse(os.read(fd, _LONGEST))
    finally:
        os.close(fd)


def stamp(data_directory: str) -> Stamp | None:
    """Return which file is there now, as it is written, None where that cannot be told.

    A file that a killed server has left may name the very PID that the next one gets: PIDs
    begin anew with a container, or a machine.  A server writes another file.
    """
    try:
        found = os.lstat(f"{data_directory}/{NAME}")
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_ctime_ns


def opened(data_directory: str) -> int:
    """Return a descriptor of the PID file, which shows its last word for ever.

    Raises OSError.
    """
    return _open(f"{data_directory}/{NAME}")


def open_it(data_directory: str) -> int:
    """Return a descriptor of the PID file.  Raises NoFile, OSError."""
    path = f"{data_directory}/{NAME}"
    try:
        fd = _open(path)
    except OSError as ex:
        if ex.errno in (errno.ELOOP, errno.ENXIO):  # a link, a socket
            raise _no_file(path) from ex
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise _no_file(path)
    return fd


def _no_file(path: str) -> NoFile:
    from pgx_base import odd_file  # there hardly ever is one

    return NoFile(odd_file.what(path) or "it is not a regular file")


def _open(path: str) -> int:
    """Open without following a link, waiting for a FIFO or writing an access time.

    To write one could wait for ever on a frozen file system.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(path, flags | os.O_NOATIME)
    except PermissionError:  # only the owner may ask for that
        return os.open(path, flags)
