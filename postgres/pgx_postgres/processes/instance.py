"""Whose process is it?  Which processes of this node belong to one instance.

postmaster.pid is evidence and not truth: the file may be gone, or name a process that
has nothing to do with the instance.  A process is the instance's when it is the recorded
postmaster (PID, start time, boot), a descendant of it or one that was seen as such, or
belongs by what it is and holds (`belonging`).  A process that only has its working
directory or an open file there is not.  A zombie is dead.

Only processes of the OS user are looked into, in one pass over /proc.
"""

from __future__ import annotations

import os

from pgx_base.idents import Ident
from pgx_base.light.dataclasses import dataclass, replace
from pgx_postgres.processes import children, holdings, memory
from pgx_postgres.processes.belonging import Belonging
from pgx_postgres.processes.evidence import Evidence as Evidence
from pgx_postgres.processes.servers import Servers, Table


@dataclass(frozen=True, slots=True)
class Process:
    """A living process of the instance, and *why* it counts as one.

    *head*: it is a postmaster (or a standalone backend, `postgres --single`, and then
    *standalone* too), and no orphan of one.
    """

    pid: int
    start: int
    ppid: int
    state: str
    command: str
    why: str
    head: bool = False
    standalone: bool = False

    def __str__(self) -> str:
        """Name it for people, with why it counts."""
        return f"{self.pid} ({self.command[:100]}: {self.why})"

    @property
    def ident(self) -> Ident:
        """PID and start time."""
        return self.pid, self.start


def processes(
    evidence: Evidence,
    known: frozenset[Ident] = frozenset(),
    look: Servers | None = None,
) -> list[Process]:
    """Return the living processes of the instance; *known* were found as such before."""
    look = look or Servers(evidence.uid)
    there = look.there
    spared = ourselves(look)
    why = {
        pid: reason
        for idents, reason in (
            (evidence.recorded, "the recorded postmaster"),
            (known, "seen as the instance's"),
        )
        for pid, start in idents
        if pid in there and there[pid][2] == start
    }
    _add_descendants(there, why, spared)
    belonging = Belonging(evidence, look, spared)
    own = {
        pid: reason
        for pid in there
        if pid not in why and (reason := belonging.why(pid))
    }
    if own:
        why |= own
        _add_descendants(there, why, spared)
    heads = {
        pid for pid in why if there[pid][1] not in why and belonging.is_postmaster(pid)
    }
    return [
        process(look, pid, reason, head=pid in heads)
        for pid, reason in sorted(why.items())
    ]


def process(look: Servers, pid: int, why: str, *, head: bool = False) -> Process:
    """Return *pid* as *look* has found it."""
    state, ppid, start = look.there[pid]
    command = " ".join(look.words(pid)).strip() or holdings.comm(pid)
    standalone = look.is_standalone(pid)
    return Process(pid, start, ppid, state, command, why, head, standalone)


def ourselves(look: Servers) -> set[int]:
    """Return this process and those that began it: a server may have begun us."""
    there = look.there
    found, pid = set(), os.getpid()
    while pid in there and pid not in found:
        found.add(pid)
        pid = there[pid][1]
    return found


def _add_descendants(there: Table, why: dict[int, str], spared: set[int]) -> None:
    begun_by = children.by_parent(there)
    todo = list(why)
    while todo:
        parent = todo.pop()
        for pid in begun_by.get(parent, ()):
            if pid not in why and pid not in spared:
                why[pid] = f"a descendant of process {parent}"
                todo.append(pid)


def postmasters(found: list[Process]) -> list[Process]:
    """Return those of *found* that head the instance; an orphan backend does not."""
    return [process for process in found if process.head]


def with_memory(evidence: Evidence, found: list[Process]) -> Evidence:
    """Return *evidence* with the shared memory of the postmasters in *found*."""
    theirs = (memory.mapped(process.pid) for process in postmasters(found))
    return replace(evidence, segments=evidence.segments.union(*theirs))
