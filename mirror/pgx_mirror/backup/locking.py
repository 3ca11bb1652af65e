"""One pgx_dmpall or restore at a time for a destination, and what a killed one has left at work.

The lock dies with its holder.  pg_basebackup's child, which receives the write-ahead log,
does not: it has the unfinished backup's own directory open, under a lock of its own, by
which the next run finds and ends it.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pgx_base import proc, signals
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.backup import places
from pgx_mirror.controller.directory_lock import holders

_ENDS_WITHIN = 10.0  # seconds
_PAUSE = 0.02
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def take(destination: str) -> int:
    """Take the destination's lock for as long as the returned descriptor is open.

    Raises Failure where another has it, or it cannot be opened.
    """
    path = f"{destination}/{places.LOCK}"
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(path, flags, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as ex:
            pids = holders(fd, places.LOCK)
            os.close(fd)
            raise _busy(destination, pids) from ex
    except OSError as ex:
        raise Failure(f"could not open {quoted(path)}: {ex.strerror}") from ex
    return fd


def _busy(destination: str, pids: list[int]) -> Failure:
    return Failure(
        f"backups in {quoted(destination)} are in use",
        detail=f"A pgx_dmpall or pgx_rcvall is at work; processes: {_shown(pids)}.",
        hint="Run it again when that has ended.",
    )


@contextmanager
def kept(destination: str) -> Iterator[None]:
    """Have no pgx_dmpall remove anything of *destination*, as far as one could.

    A medium that is read-only loses nothing, and a directory without backups has nothing
    to lose.  Raises Failure where a pgx_dmpall is at work.
    """
    has = os.path.isdir(places.backups(destination))
    if not has or not os.access(destination, os.W_OK):
        yield
        return
    fd = take(destination)
    try:
        yield
    finally:
        os.close(fd)


def hold(directory: str) -> int:
    """Return a descriptor of *directory* that has its lock: who inherits it works there.

    Raises OSError.
    """
    fd = os.open(directory, _DIRECTORY)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return fd


def end_work(directory: str) -> None:
    """End whoever still works in *directory*.  Raises Failure, OSError."""
    fd = os.open(directory, _DIRECTORY)
    try:
        until = time.monotonic() + _ENDS_WITHIN
        while not _is_free(fd):
            pids = holders(fd, os.path.basename(directory))
            for pid in pids:
                if stat := proc.read_stat(pid):
                    signals.send_signal(pid, stat[2], signal.SIGKILL)
            if time.monotonic() > until:
                raise _left(pids)
            time.sleep(_PAUSE)
    finally:
        os.close(fd)


def _is_free(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _left(pids: list[int]) -> Failure:
    return Failure(
        "could not end processes: they do not go",
        detail=f"Processes: {_shown(pids)}.",
        hint="They wait in the kernel, for a disk perhaps: see ps -o pid,stat,wchan.",
    )


def _shown(pids: list[int]) -> str:
    return ", ".join(map(str, pids)) or "not to be seen"
