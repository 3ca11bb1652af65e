"""Does a process belong to the instance, and is it the postmaster?

It belongs when it is the OS user's, works in the data directory (device and inode) or has
the instance's shared memory mapped, and is PostgreSQL's: by postmaster.pid (PID and start
time), by a segment, or by its own or its children's titles.  A holder of the guard belongs
too, but for a monitor, which holds it for a server that it has adopted.  It is the
postmaster when it belongs and postmaster.pid or the record names it, or it has forked
others, or has made the segment, or listens where postmaster.pid says.  The file name of a
program proves nothing, either way.
"""

from __future__ import annotations

import os
import time

from pgx_base import proc
from pgx_base.idents import Key
from pgx_postgres.processes import holdings, memory
from pgx_postgres.processes.evidence import Evidence
from pgx_postgres.processes.servers import Servers

# postmaster.pid has whole seconds of a clock that is slewed; a process may wait before it
# becomes the server.
_EARLIER, _LATER = 2.0, 60.0
_YOUNG = 5.0  # seconds


class Belonging:
    """Answers for the processes of one look; *spared* hold the guard and are not ended."""

    def __init__(self, evidence: Evidence, look: Servers, spared: set[int]) -> None:
        self._evidence = evidence
        self._look = look
        self._spared = spared

    def why(self, pid: int) -> str:
        """Return why *pid* is the instance's by what it is or holds, or nothing."""
        if not self._look.is_users(pid):
            return ""
        place = self._look.place(pid)
        if self._is_at(pid, place):
            proven = self._proof(pid)
        elif place is None and self._is_closed_and_named(pid):
            proven = "postmaster.pid names it"
        elif self._is_of_another(pid):
            return ""
        else:
            proven = self._by_memory(pid)
        return proven or self._by_guard(pid)

    def is_named(self, pid: int) -> bool:
        """Whether postmaster.pid names *pid*, a process of that time."""
        found = self._evidence.pid_file
        if found is None or found.started is None or abs(found.pid) != pid:
            return False
        began = time.time() - age(self._look.there[pid][2])
        return -_EARLIER <= found.started - began <= _LATER

    def is_postmaster(self, pid: int) -> bool:
        """Whether *pid*, which belongs, is a postmaster or a standalone backend.

        A backend is none, nor is what the instance has begun, whatever it holds.
        """
        if self._look.is_titled(pid):
            return False
        ident = pid, self._look.there[pid][2]
        return (
            ident in self._evidence.recorded
            or self.is_named(pid)
            or self._look.is_head(pid)
            or self._listens(pid)
        )

    def _proof(self, pid: int) -> str:
        """Return what proves that *pid*, which works in the data directory, is a server's."""
        if self._look.is_titled(pid) or self._look.has_forked(pid):
            return "a server process in the data directory"
        if self._look.has_made_memory(pid) or self._maps_servers_memory(pid):
            return "its shared memory is that of a server in the data directory"
        return "postmaster.pid names it" if self.is_named(pid) else ""

    def _maps_servers_memory(self, pid: int) -> bool:
        """Whether *pid* maps what a server of its own directory would: by key, or line 7."""
        found, place = memory.mapped(pid), self._look.place(pid)
        line_7 = self._evidence.pid_file and self._evidence.pid_file.shmid
        if line_7 in found or not self._evidence.segments.isdisjoint(found):
            return True
        return place is not None and any(
            memory.is_keyed(key, place[1]) for key in found.values()
        )

    def _by_memory(self, pid: int) -> str:
        wanted = self._evidence.segments
        if not wanted or wanted.isdisjoint(memory.mapped(pid)):
            return ""
        return "a server process with the instance's shared memory"

    def _is_of_another(self, pid: int) -> bool:
        """Whether *pid* has a parent that is a server's: of ours all children are found.

        Another instance may have a thousand, and to look into each would take too long.
        """
        parent = self._look.there[pid][1]
        return parent in self._look.there and self._look.is_server(parent)

    def _by_guard(self, pid: int) -> str:
        key = self._evidence.guard_key
        if key is None or pid in self._spared or not holdings.has_flocked(pid, key):
            return ""
        if self._watches(pid) or self._serves_elsewhere(pid):
            return ""
        return "it holds the guard's descriptor"

    def _watches(self, pid: int) -> bool:
        words = self._look.words(pid)
        return any(proc.is_program(words, name) for name in self._evidence.watchers)

    def _serves_elsewhere(self, pid: int) -> bool:
        """Whether *pid* is a server of another directory, which one of ours has started."""
        place = self._look.place(pid)
        if place is None or self._is_at(pid, place):
            return False
        return self._look.is_titled(pid) or self._look.is_head(pid)

    def _is_closed_and_named(self, pid: int) -> bool:
        """Whether it may not be looked into, and PID file and children say what it is."""
        return self.is_named(pid) and self._look.has_forked(pid)

    def _is_at(self, pid: int, where: Key | None) -> bool:
        """Whether *where*, the working directory of *pid*, is the data directory.

        The record's key counts only where no other name leads to it: device numbers are
        used again, also within one boot.
        """
        known = self._evidence
        if where is not None and where == known.data_key:
            return True
        if where is not None and where == known.recorded_key:
            return not leads_there(pid, where)
        return known.data_key is None and self._has_its_name(pid)

    def _has_its_name(self, pid: int) -> bool:
        """Whether *pid* is where the data directory's name leads to, in our own mounts.

        A container may have a directory of that name too, and the same user in it.
        """
        named = proc.cwd(pid) == self._evidence.data_directory
        return named and proc.same_mounts(pid)

    def _listens(self, pid: int) -> bool:
        found = self._evidence.pid_file
        if found is None or found.port is None:
            return False
        from pgx_postgres.probe import addresses  # rarely needed, and slow to load

        return any(one.port == found.port for one in addresses.listening(pid))


def leads_there(pid: int, where: Key) -> bool:
    """Whether the name of *pid*'s working directory leads to *where*; asks its disk."""
    name = proc.cwd(pid)
    return name is not None and holdings.key(name) == where


def is_young(start: int) -> bool:
    """Whether a server that began at *start* ticks may not have written its PID file yet."""
    return age(start) < _YOUNG


def age(start: int) -> float:
    """Return for how many seconds a process has been there that began at *start* ticks."""
    ticks = os.sysconf("SC_CLK_TCK")
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - start / ticks)
