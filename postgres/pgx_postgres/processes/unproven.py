"""Servers that may be the instance's, and of which nothing proves whose they are.

Offline fails beside one and names it, Online starts nothing beside it.  There are five:

- one that is called postgres, works here or is closed to us, and has nothing to be known
  by yet, or only its PID in postmaster.pid: a name proves nothing, and is a reason to doubt;
- one that is closed to us, and was not started for another directory;
- while the data directory cannot be seen: one whose own directory no name leads to (that a
  record knows where the directory once was excuses nobody, it may be of an earlier mount);
- one that was started for exactly this path and works elsewhere, because a link was pointed
  elsewhere or something was mounted over it;
- one that record or postmaster.pid names, and that /proc does not show to us.

Another server's disk may hang: what asks it is asked in a child with a time limit, and not
at all where the command line names another directory.
"""

from __future__ import annotations

import os
import time

from pgx_base import aside, proc
from pgx_base.idents import Ident, Key
from pgx_postgres import pidfile
from pgx_postgres.processes import holdings, instance, postmasters
from pgx_postgres.processes.belonging import Belonging, is_young, leads_there
from pgx_postgres.processes.evidence import Evidence
from pgx_postgres.processes.instance import Process
from pgx_postgres.processes.servers import Servers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# A node with no time to spare takes seconds to end a process; a live one costs that once.
_ENDS_WITHIN, _LOOK_AGAIN = 10.0, 0.05  # seconds
_DISK_ANSWERS_IN = 2.0
_SERVER = "postgres"
_HIDDEN = "/proc does not show it: hidepid"


def find(evidence: Evidence) -> list[Process]:
    """Return them once those that are just ending have ended, which takes a moment.

    One that turns out to be the instance's meanwhile is among them.
    """
    until = time.monotonic() + _ENDS_WITHIN
    doubted: set[Ident] = set()
    while True:
        servers = Servers(evidence.uid)
        ours = instance.processes(evidence, look=servers)
        found = look(evidence, servers, ours)
        if not found or time.monotonic() > until:
            return found + [process for process in ours if process.ident in doubted]
        doubted |= {process.ident for process in found}
        time.sleep(_LOOK_AGAIN)


def look(
    evidence: Evidence, servers: Servers, found: Iterable[Process]
) -> list[Process]:
    """Return those among *servers* of the OS user; *found* are surely the instance's."""
    ours = {process.pid for process in found}
    doubts = _Doubts(evidence, servers)
    return [
        instance.process(servers, pid, why)
        for pid in servers.of_user()
        if pid not in ours and (why := doubts.about(pid))
    ] + _hidden(evidence)


def _hidden(evidence: Evidence) -> list[Process]:
    """Return those that record or postmaster.pid names, and /proc does not show to us."""
    named = dict(evidence.recorded)
    if evidence.pid_file is not None:
        named.setdefault(abs(evidence.pid_file.pid), 0)
    return [
        Process(pid, start, 0, "?", "postmaster.pid or the record names it", _HIDDEN)
        for pid, start in named.items()
        if proc.is_hidden(pid)
    ]


class _Doubts:
    def __init__(self, evidence: Evidence, look: Servers) -> None:
        self._evidence = evidence
        self._look = look
        self._belonging = Belonging(evidence, look, instance.ourselves(look))

    def about(self, pid: int) -> str:
        """Return why *pid*, not the instance's by any proof, may be, or nothing."""
        place = self._look.place(pid)
        if place in (None, self._evidence.data_key):
            if self._has_its_number(pid):
                return "postmaster.pid has its PID"
            if place is not None and self._has_just_begun(pid):
                return "it has just begun in the data directory"
        if not self._look.is_server(pid) or self._is_judged_with_its_parent(pid):
            return ""
        if place is None:
            return "" if self._is_for_another(pid) else "it may not be looked into"
        if self._evidence.guard_key is None and (
            why := self._of_the_unseen(pid, place)
        ):
            return why
        if place != self._evidence.data_key and self._is_for_this_path(pid):
            return "started for this data directory, it works in another"
        return ""

    def _has_its_number(self, pid: int) -> bool:
        """Whether postmaster.pid has this PID, and neither time nor name tell it is another.

        The start time of a server does not fit where the clock was set since.
        """
        found = self._evidence.pid_file
        if found is None or abs(found.pid) != pid:
            return False
        return self._belonging.is_named(pid) or _is_called_postgres(pid)

    def _has_just_begun(self, pid: int) -> bool:
        """Whether it may be a server that has not yet written its postmaster.pid."""
        if not is_young(self._look.there[pid][2]) or self._look.is_server(pid):
            return False
        return _is_called_postgres(pid)

    def _is_judged_with_its_parent(self, pid: int) -> bool:
        parent = self._look.there[pid][1]
        return parent in self._look.there and self._look.is_server(parent)

    def _is_for_another(self, pid: int) -> bool:
        named = postmasters.started_for(self._look.words(pid))
        if named is None or not os.path.isabs(named):
            return False
        return named != self._evidence.data_directory or not proc.same_mounts(pid)

    def _of_the_unseen(self, pid: int, place: Key) -> str:
        if self._is_for_another(pid) or not proc.same_mounts(pid):
            return ""
        return "" if _leads_there(pid, place) else "its directory cannot be told"

    def _is_for_this_path(self, pid: int) -> bool:
        """Whether *pid* was started for this path: by its command line, else PGDATA, and
        unless its own postmaster.pid says another.
        """
        if not self._look.is_head(pid) or not proc.same_mounts(pid):
            return False
        wanted = self._evidence.data_directory
        named = postmasters.started_for(self._look.words(pid)) or _pgdata(pid)
        if named and os.path.isabs(named) and os.path.normpath(named) != wanted:
            return False
        started_for = _own_line_2(pid) or named
        return bool(started_for) and os.path.normpath(started_for) == wanted


def _is_called_postgres(pid: int) -> bool:
    program = os.path.basename(proc.exe(pid) or "")
    return _SERVER in program or _SERVER in holdings.comm(pid)


def _leads_there(pid: int, place: Key) -> bool:
    """As `leads_there`; a disk that does not answer tells nothing."""
    said = aside.ask(lambda: str(leads_there(pid, place)), _DISK_ANSWERS_IN)
    return said == str(True)


def _pgdata(pid: int) -> str:
    """Return PGDATA as *pid* was started with, as far as that may be read."""
    for word in proc.text(f"/proc/{pid}/environ").split("\0"):
        name, _, value = word.partition("=")
        if name == "PGDATA":
            return value
    return ""


def _own_line_2(pid: int) -> str:
    """Return the directory that the postmaster.pid where *pid* works names, or nothing."""

    def read() -> str:
        try:
            found = pidfile.read(f"/proc/{pid}/cwd")
        except (pidfile.Garbled, OSError):
            return ""
        return (
            found.data_directory or "" if found is not None and found.pid == pid else ""
        )

    return aside.ask(read, _DISK_ANSWERS_IN) or ""
