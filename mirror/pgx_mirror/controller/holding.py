"""Who works for a server: locks in the management directory, held by what lives.

An OFD lock is shared by all that its holder forks and ends with the last of them, so it
covers the children that work for the controller, and no program that is started.  The
kernel tells who holds it (/proc/PID/fdinfo): no PID is remembered, hence none can be wrong.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from pgx_base import files, locks, proc
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.controller import place

# Bytes of the lock file, each taken by a descriptor of its own.  The last one is handed on
# to a setup's pg_basebackup, a child of which outlives both.
WATCHER, CONTROLLER, SETUP, COPY = 0, 1, 2, 3
SERVICE = (WATCHER, CONTROLLER)


def take(mcdir: str, server: str, byte: int) -> int:
    """Take *byte* for as long as the returned descriptor, or a copy of it, is open.

    Raises Failure where another process holds it, or the file cannot be opened.
    """
    fd = _open(mcdir, server, os.O_RDWR | os.O_CREAT)
    assert fd is not None
    if locks.take(fd, byte):
        return fd
    os.close(fd)
    raise busy(mcdir, server, byte)


def busy(mcdir: str, server: str, byte: int) -> Failure:
    """Return what is said to whoever wants *byte* while another holds it."""
    pids = ", ".join(str(pid) for pid, _ in holders(mcdir, server, byte))
    if byte == SETUP:
        return Failure(
            f"a setup of server {quoted(server)} is in progress",
            detail=f"Processes: {pids or 'not to be seen'}.",
        )
    return Failure(
        f"controller of server {quoted(server)} is running already",
        detail=f"Processes: {pids or 'not to be seen'}.",
        hint="See mc_ctl status; before a setup, or another start: mc_ctl stop.",
    )


def check_free(mcdir: str, server: str, *wanted: int) -> None:
    """Raise Failure where any of the bytes *wanted* is held."""
    for byte in wanted:
        if is_held(mcdir, server, byte):
            raise busy(mcdir, server, byte)


def running(mcdir: str) -> list[str]:
    """Return the servers whose watcher or controller lives.  Raises Failure."""
    with place.opened(mcdir) as dir_fd:
        names = os.listdir(place.through(dir_fd, "."))
    servers = sorted(server for name in names if (server := place.locked(name)))
    return [server for server in servers if is_served(mcdir, server)]


def is_served(mcdir: str, server: str) -> bool:
    """Whether a watcher or a controller of *server* lives.  Raises Failure."""
    return any(is_held(mcdir, server, byte) for byte in SERVICE)


def is_held(mcdir: str, server: str, byte: int) -> bool:
    """Whether any process holds *byte*.  Raises Failure."""
    fd = _open(mcdir, server, os.O_RDONLY)
    if fd is None:
        return False
    try:
        return locks.is_held(fd, byte)
    finally:
        os.close(fd)


def holders(mcdir: str, server: str, byte: int) -> list[tuple[int, int]]:
    """Return PID and start time of all processes of ours that hold *byte*, but this one."""
    fd = _open(mcdir, server, os.O_RDONLY)
    if fd is None:
        return []
    try:
        where = os.fstat(fd)
    finally:
        os.close(fd)
    wanted = _Wanted(place.lock_name(server), (where.st_dev, where.st_ino), byte)
    found = [pid for pid in proc.pids() if pid != os.getpid() and _holds(pid, wanted)]
    return [(pid, stat[2]) for pid in found if (stat := proc.read_stat(pid))]


def _open(mcdir: str, server: str, flags: int) -> int | None:
    name = place.lock_name(server)
    with place.opened(mcdir) as dir_fd:
        try:
            return files.open_regular(dir_fd, name, flags)
        except FileNotFoundError:
            return None
        except OSError as ex:
            raise Failure(
                f"could not open lock file {quoted(f'{mcdir}/{name}')}: {ex.strerror}"
            ) from ex


@dataclass(frozen=True, slots=True)
class _Wanted:
    name: str
    key: tuple[int, int]
    byte: int


def _holds(pid: int, wanted: _Wanted) -> bool:
    """Whether *pid* has the file open by the very description that holds the byte."""
    try:
        numbers = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return False  # it is gone, or another user's
    return any(
        _is_file(f"/proc/{pid}/fd/{number}", wanted)
        and _locks(f"/proc/{pid}/fdinfo/{number}", wanted.byte)
        for number in numbers
    )


def _is_file(path: str, wanted: _Wanted) -> bool:
    """Whether *path* is the file; one of another name is not touched, as it may hang."""
    try:
        if os.path.basename(os.readlink(path)) != wanted.name:
            return False
        where = os.stat(path)
    except OSError:
        return False
    return (where.st_dev, where.st_ino) == wanted.key


def _locks(path: str, byte: int) -> bool:
    """Whether a line `lock: 1: OFDLCK ADVISORY WRITE -1 fe:00:12 0 0` has *byte*."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            lines = [line.split() for line in file if line.startswith("lock:")]
    except OSError:
        return False
    return any("OFDLCK" in words and words[-2:] == [str(byte)] * 2 for words in lines)
