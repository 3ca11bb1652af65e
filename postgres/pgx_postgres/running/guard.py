"""The guard against a second writer: an exclusive flock on PGDATA/PG_VERSION.

The server inherits the descriptor, so the guard lives as long as any process of the
instance, whatever becomes of those who started it.  On a cluster file system, NFS or in
another container of the same kernel it keeps a second Online out.  Never a POSIX lock:
that would end with any descriptor of the file that is closed.
"""

from __future__ import annotations

import fcntl
import os
import time

from pgx_base import mounts, proc
from pgx_base.failure import Failure
from pgx_base.light.dataclasses import dataclass
from pgx_base.text import quoted
from pgx_postgres import pidfile
from pgx_postgres.control import VERSION_FILE
from pgx_postgres.processes import holdings
from pgx_postgres.running.caller import Caller

LEASE = 120.0  # seconds a dead node's lock may outlive it on a cluster file system
_HERE_FOR = 5.0  # seconds a process that is just ending keeps its descriptor
_CIFS = ("cifs", "smb3")  # flock there is mandatory: the server could not read the file


@dataclass(frozen=True, slots=True)
class GuardHolder:
    """A process on this node that holds the guard."""

    pid: int
    command: str


def _open(path: str) -> int:
    """Open for writing where allowed, as an exclusive flock on NFS wants; never written."""
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)


def _is_cifs(fd: int) -> bool:
    try:
        mount = mounts.of(fd, mounts.mounted())
    except OSError:
        return False
    return mount is not None and mount.kind in _CIFS


def holders(fd: int) -> list[GuardHolder]:
    """Return the processes on this node, other than ours, that hold the flock of *fd*'s file."""
    wanted = os.fstat(fd)
    ours = os.getpid()
    key = wanted.st_dev, wanted.st_ino
    others = (pid for pid in proc.pids() if pid != ours)
    found = [pid for pid in others if holdings.has_flocked(pid, key)]
    found += [pid for pid in _listed(wanted) if pid not in (ours, *found)]
    return [GuardHolder(pid, " ".join(proc.cmdline(pid))[:100]) for pid in found]


def _listed(wanted: os.stat_result) -> list[int]:
    """Return the holders that we may not look into, by the kernel's list of locks.

    It names who took a lock, who may have ended and left it to others: of our own user's
    processes only what they have open counts.
    """
    key = f"{os.major(wanted.st_dev):02x}:{os.minor(wanted.st_dev):02x}:{wanted.st_ino}"
    try:
        with open("/proc/locks", encoding="ascii") as file:
            lines = [line.split() for line in file]
    except OSError:
        return []
    pids = [int(w[4]) for w in lines if len(w) > 5 and (w[1], w[5]) == ("FLOCK", key)]
    return [pid for pid in pids if proc.uid_of(pid) not in (None, os.geteuid())]


def _try(fd: int) -> bool:
    """Take the lock if it is free; False when it is held.  Raises OSError."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Words:
    """What whoever takes the guard has to say of it.

    alone     what keeps others out where there is no lock
    past      the way out where the holder is on another node, and surely gone
    """

    alone: str
    past: str


def take(
    data_directory: str,
    until: float,
    caller: Caller,
    words: Words,
    *,
    past: bool = False,
) -> int | None:
    """Take the guard and return its descriptor, None where it cannot be had at all.

    A holder elsewhere is waited for up to LEASE seconds, not beyond monotonic *until*.
    Raises Failure when it is held, naming the holder if known; with *past* a holder is
    neither waited for nor heeded.
    """
    path = f"{data_directory}/{VERSION_FILE}"
    try:
        fd = _open(path)
        if _is_cifs(fd):
            os.close(fd)
            return None
        if _try(fd):
            return fd
        if past:
            os.close(fd)
            _go_past(data_directory, caller)
            return None
        _wait(fd, data_directory, until, caller, words)
    except OSError as ex:
        caller.warn(
            f"could not lock {quoted(path)} against a second server: {ex.strerror}",
            detail=words.alone,
        )
        return None
    return fd


def take_if_free(data_directory: str) -> tuple[int | None, str | None]:
    """Take the guard of a server that runs already, unless its own processes hold it.

    Return its descriptor, None where it was not taken, and what is wrong, if anything is.
    """
    try:
        fd = _open(f"{data_directory}/{VERSION_FILE}")
    except OSError as ex:
        return None, str(ex.strerror)
    try:
        if not _is_cifs(fd) and _try(fd):
            return fd, None
        problem = None if _is_cifs(fd) or holders(fd) else "it is held from elsewhere"
    except OSError as ex:
        problem = ex.strerror
    os.close(fd)
    return None, problem


def _go_past(data_directory: str, caller: Caller) -> None:
    caller.warn(
        f"starting although data directory {quoted(data_directory)} is in use elsewhere",
        detail=f"--break-guard was given. {_pid_file(data_directory)}",
    )


def _wait(
    fd: int, data_directory: str, until: float, caller: Caller, words: Words
) -> None:
    began = time.monotonic()
    said = False
    while not _try(fd):
        past = time.monotonic() - began
        here = holders(fd)
        if here and past > _HERE_FOR:
            raise _held_here(data_directory, here)
        if past > LEASE or time.monotonic() > until:
            raise _held_elsewhere(data_directory, words)
        if not here and not said:
            caller.say("the data directory is locked from elsewhere, waiting for it")
            said = True
        caller.wait([], 0.1)


def _held_here(data_directory: str, here: list[GuardHolder]) -> Failure:
    named = ", ".join(f"{holder.pid} ({holder.command})" for holder in here)
    return Failure(
        f"data directory {quoted(data_directory)} is in use by another process",
        detail=f"The lock on {VERSION_FILE} is held by PID {named}.",
        hint="End that process, or find out which resource it belongs to.",
    )


def _held_elsewhere(data_directory: str, words: Words) -> Failure:
    return Failure(
        f"data directory {quoted(data_directory)} is in use on another node or in "
        "another container",
        detail=f"The lock on {VERSION_FILE} is held, and by no process on this node. "
        f"{_pid_file(data_directory)}",
        hint=f"Stop the instance there. {words.past}",
    )


def _pid_file(data_directory: str) -> str:
    """Return what the other side's PID file tells of the holder."""
    unknown = "There is no postmaster.pid that names it."
    try:
        found = pidfile.read(data_directory)
        if found is None or found.started is None:
            return unknown
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(found.started))
    except (pidfile.Garbled, OSError, OverflowError):
        return unknown
    return f"postmaster.pid names PID {found.pid}, started {since}."
