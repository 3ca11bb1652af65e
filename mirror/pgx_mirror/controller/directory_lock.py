"""The lock in a data directory: one controller at work on it, of whatever management directory.

A flock, shared with the hands that its holder forks.  Where another one holds it, /proc says
which process that is, and its command line of which management directory.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress

from pgx_base import proc
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.controller import options
from pgx_mirror.controller.options import Options
from pgx_mirror.core.mark import LOCK


def opened(dir_fd: int, directory: str) -> int:
    """Return a descriptor of the lock file in *directory*, made if need be.  Raises Failure."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(LOCK, flags, 0o600, dir_fd=dir_fd)
    except OSError as ex:
        path = quoted(f"{directory}/{LOCK}")
        raise Failure(f"could not open {path}: {ex.strerror}") from ex


def take(fd: int, directory: str) -> int:
    """Take the lock of *directory*, and return *fd*.  Raises Failure where another has it."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as ex:
        raise Failure(
            f"another controller works on data directory {quoted(directory)}",
            detail=_shown(holders(fd)),
            hint="One data directory has one controller: correct db_instance, or stop that "
            "one.",
        ) from ex
    return fd


def controller_of(directory: str) -> Options | None:
    """Return how the controller that works on *directory* was started, None without one."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(f"{directory}/{LOCK}", flags)
    except OSError:
        return None
    try:
        return next(filter(None, map(_started_as, holders(fd))), None)
    finally:
        os.close(fd)


def holders(fd: int, name: str = LOCK) -> list[int]:
    """Return the processes that hold the lock of *fd*'s file, as far as we may look.

    *name* is what that is called in its directory.
    """
    where = os.fstat(fd)
    key = (where.st_dev, where.st_ino)
    return [pid for pid in proc.pids() if pid != os.getpid() and _holds(pid, key, name)]


def _holds(pid: int, key: tuple[int, int], name: str) -> bool:
    try:
        numbers = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return False  # it is gone, or another user's
    return any(_is_locked(pid, number, key, name) for number in numbers)


def _is_locked(pid: int, number: str, key: tuple[int, int], name: str) -> bool:
    """Whether it is the file, by its name first: to look at any other may hang."""
    path = f"/proc/{pid}/fd/{number}"
    with suppress(OSError):
        if os.path.basename(os.readlink(path)) != name:
            return False
        where = os.stat(path)
        said = proc.text(f"/proc/{pid}/fdinfo/{number}")
        return (where.st_dev, where.st_ino) == key and "FLOCK" in said
    return False


def _shown(pids: list[int]) -> str:
    """Return a sentence about who they are."""
    numbers = ", ".join(map(str, pids)) or "not to be seen"
    for told in filter(None, map(_started_as, pids)):
        return (
            f"It is that of server {quoted(told.server)}, management directory "
            f"{quoted(told.mcdir)}; processes: {numbers}."
        )
    return f"Processes: {numbers}."


def _started_as(pid: int) -> Options | None:
    with suppress(Failure):
        words = proc.cmdline(pid)
        return options.parse(words[words.index("-M") if "-M" in words else 0 :])
    return None
