"""What can be seen of a server without asking it: its processes and its PID file."""

from __future__ import annotations

import errno
import os
import select

from pgx_base import proc
from pgx_base.idents import Ident
from pgx_base.light.dataclasses import dataclass
from pgx_postgres import pidfile, titles
from pgx_postgres.pidfile import PidFile
from pgx_postgres.processes import children
from pgx_postgres.watch.classify import UNREAD


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look at postmaster.pid: what it says, or why it says nothing; *hangs*: its disk."""

    found: PidFile | None
    problem: str | None
    hangs: bool = False

    @property
    def status(self) -> str | None:
        """Line 8, None where it is not there, UNREAD where that cannot be known."""
        if self.hangs:
            return UNREAD
        return self.found.status if self.found is not None else None


def look(data_directory: str, postmaster: int) -> Sighting:
    """Look whether the PID file is there and names *postmaster*."""
    try:
        found = pidfile.read(data_directory)
    except pidfile.Garbled as ex:
        return Sighting(None, f"postmaster.pid is garbled: {ex}")
    except OSError as ex:
        return Sighting(None, f"postmaster.pid cannot be read: {ex.strerror}")
    if found is None:
        return Sighting(None, "postmaster.pid is gone")
    if found.pid != postmaster:
        return Sighting(None, f"postmaster.pid names PID {found.pid}")
    return Sighting(found, None)


def open_pidfd(pid: int, start: int) -> int:
    """Return a pidfd of the very process that began at *start*, -1 when it is gone.

    Raises OSError when that cannot be told, as without a free descriptor.
    """
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return -1
    if proc.alive(pid, start):
        return fd
    os.close(fd)
    if proc.is_hidden(pid):
        raise PermissionError(errno.EACCES, "the postmaster cannot be seen", "/proc")
    return -1


def has_ended(pidfd: int, patience: float) -> bool:
    """Whether the process of *pidfd* ends within *patience* seconds; -1 is one that has."""
    if pidfd < 0:
        return True
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(patience * 1000))


class Checkpointer:
    """The server's checkpointer, which lives from start to stop, watched by its pidfd.

    When it ends while the postmaster lives, the server is restarted or stopped.
    """

    def __init__(self, postmaster: Ident) -> None:
        self._postmaster = postmaster
        self.pid = 0
        self.fd = -1

    def find(self) -> None:
        """Look for it, unless it is known."""
        if self.fd >= 0:
            return
        named = {
            pid: " ".join(proc.cmdline(pid)) for pid in children.of(self._postmaster[0])
        }
        cluster = titles.cluster_of(named.values())
        for pid, command in named.items():
            if titles.role(command, cluster) == titles.CHECKPOINTER:
                self._watch(pid)
                return

    def _watch(self, pid: int) -> None:
        try:
            fd = os.pidfd_open(pid)
        except OSError:
            return
        if children.parent(pid) != self._postmaster[0]:
            os.close(fd)
            return
        self.pid, self.fd = pid, fd

    def forget(self) -> None:
        """Let go of one that has ended."""
        if self.fd >= 0:
            os.close(self.fd)
        self.pid, self.fd = 0, -1
