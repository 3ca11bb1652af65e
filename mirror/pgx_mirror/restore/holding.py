"""One restore of a data directory at a time: a lock in it, which goes with the restore."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.data import steps
from pgx_mirror.restore import areas

_TRIES = 100
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def held(data: str) -> Iterator[int]:
    """Hold it; yields a descriptor of the directory *data*.  Raises Failure, OSError.

    The file is removed afterwards: nothing is left in a directory that was empty.
    """
    dir_fd = steps.open_directory(data)
    try:
        lock_fd = _taken(dir_fd, data)
        try:
            yield dir_fd
        finally:
            with suppress(OSError):
                os.unlink(areas.HELD, dir_fd=dir_fd)
            os.close(lock_fd)
    finally:
        os.close(dir_fd)


def _taken(dir_fd: int, data: str) -> int:
    """Take the lock; whoever held it last has removed the file of the name perhaps."""
    for _ in range(_TRIES):
        fd = os.open(areas.HELD, _FLAGS, 0o600, dir_fd=dir_fd)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            break
        if _is_named(fd, dir_fd):
            return fd
        os.close(fd)
    raise Failure(
        f"a restore of data directory {quoted(data)} is in progress",
        hint="Wait for its end, or interrupt it.",
    )


def _is_named(fd: int, dir_fd: int) -> bool:
    try:
        named = os.stat(areas.HELD, dir_fd=dir_fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    own = os.fstat(fd)
    return (named.st_dev, named.st_ino) == (own.st_dev, own.st_ino)
