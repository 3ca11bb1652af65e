"""standby.signal: whether PostgreSQL starts as a standby.

Made and removed durably.  It is PostgreSQL's own; a promotion removes it too.
"""

from __future__ import annotations

import os

from pgx_mirror.core.judged import SIGNAL
from pgx_mirror.data import steps

_NEW = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def is_there(dir_fd: int) -> bool:
    """Whether the server would start as a standby.  Raises OSError where it cannot be told.

    As PostgreSQL looks: a link counts by what it leads to.
    """
    try:
        os.stat(SIGNAL, dir_fd=dir_fd)
    except FileNotFoundError:
        return False
    return True


def create(dir_fd: int) -> None:
    """Have it there, durably.  Raises steps.Unsure, OSError."""
    with steps.locked(dir_fd) as lock_fd, steps.told_of(SIGNAL):
        mode = steps.new_mode(lock_fd)
        fd = os.open(SIGNAL, _NEW, mode, dir_fd=lock_fd)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
        steps.sync(lock_fd, SIGNAL)


def remove(dir_fd: int) -> None:
    """Have it gone, durably; none is no error.  Raises steps.Unsure, OSError."""
    with steps.locked(dir_fd) as lock_fd, steps.told_of(SIGNAL):
        try:
            os.unlink(SIGNAL, dir_fd=lock_fd)
        except FileNotFoundError:
            pass  # perhaps by a run that was killed before it was sure
        steps.sync(lock_fd, SIGNAL)
