"""The transition lock: Online and Offline of one resource never work at the same time.

Byte 0 of transition.lock is the exclusive right to change the resource.  Bytes 1
and 2 tell Check which script works.  The file's text names the holder, so that an
Offline can end a running Online.  The kernel gives the lock back when we die.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from pgx_agent import record
from pgx_pclrsc import locks, names, proc
from pgx_pclrsc.report import Failure

_LOOK_AGAIN = 0.02  # seconds between two tries for the lock
_TERM_FOR = 5.0  # seconds an ended Online has before it is killed

BYTES = {"online": locks.ONLINE, "offline": locks.OFFLINE}


def open_lock(dir_fd: int, name: str) -> int:
    """Return a read-write descriptor of lock file *name*, made if missing.  Raises OSError."""
    return record.open_regular(dir_fd, name, os.O_RDWR | os.O_CREAT)


def holder(fd: int) -> tuple[str, int, int] | None:
    """Return kind, PID and start time of the script that last took the lock on this boot."""
    words = os.pread(fd, 256, 0).split()
    if len(words) != 4 or words[3].decode("ascii", "replace") != proc.boot_id():
        return None
    return words[0].decode("ascii", "replace"), int(words[1]), int(words[2])


class Held:
    """The transition lock, held until `release` or our death."""

    def __init__(self, fd: int, kind: str) -> None:
        self._fd = fd
        self._kind = kind

    def release(self) -> None:
        """Give the lock back."""
        os.close(self._fd)


def acquire(
    dir_fd: int, kind: str, deadline: float, waiting: Callable[[], None]
) -> Held:
    """Take the transition lock for *kind* (online or offline) before monotonic *deadline*.

    A second Online waits for the first, a second Offline for the first, an Online for a
    running Offline; an Offline ends a running Online.  *waiting* is called at each look.
    Raises Failure when the deadline passes, OSError when the file cannot be opened.
    """
    ended: dict[int, float] = {}
    while True:
        fd = open_lock(dir_fd, names.TRANSITION_LOCK)
        try:
            while not locks.take(fd, locks.EXCLUSIVE):
                _give_way(fd, kind, deadline, ended)
                waiting()
                time.sleep(_LOOK_AGAIN)
        except BaseException:
            os.close(fd)
            raise
        if _is_the_file(dir_fd, fd):
            break
        os.close(fd)  # removed while we waited: what we hold keeps nobody out
    locks.take(fd, BYTES[kind])
    _sign(fd, kind)
    return Held(fd, kind)


def _is_the_file(dir_fd: int, fd: int) -> bool:
    try:
        there = os.stat(names.TRANSITION_LOCK, dir_fd=dir_fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(fd))


def _sign(fd: int, kind: str) -> None:
    pid = os.getpid()
    stat = proc.read_stat(pid)
    text = f"{kind} {pid} {stat[2] if stat else 0} {proc.boot_id()}"
    os.pwrite(fd, text.encode().ljust(names.LOCK_SIZE), 0)


def _give_way(fd: int, kind: str, deadline: float, ended: dict[int, float]) -> None:
    """End a running Online for an Offline; give up at the deadline."""
    found = holder(fd)
    if kind == "offline" and found is not None and locks.is_held(fd, locks.ONLINE):
        _end(found, ended)
    if time.monotonic() >= deadline:
        who = f"pgx_{found[0]} with PID {found[1]}" if found else "another script"
        raise Failure(
            f"could not get the transition lock: {who} still works",
            hint="Wait for it, or look why it takes so long in trace.log.",
        )


def _end(found: tuple[str, int, int], ended: dict[int, float]) -> None:
    """Ask the Online to end, once; a stopped or stuck one is killed after a while."""
    kind, pid, start = found
    if kind != "online":
        return
    now = time.monotonic()
    if pid not in ended:
        ended[pid] = now
        send_signal(pid, start, signal.SIGTERM)
    elif now - ended[pid] > _TERM_FOR:
        send_signal(pid, start, signal.SIGKILL)


def send_signal(pid: int, start: int, number: int) -> bool:
    """Signal the process with this PID and start time and no other; False when it is gone."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if not proc.alive(pid, start):
            return False
        signal.pidfd_send_signal(pidfd, number)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(pidfd)
