"""Whose process is it?  Which processes of this node belong to one instance.

postmaster.pid is evidence and not truth: the file may be gone, or name a process that
has nothing to do with the instance.  A process is the instance's when it is the recorded
postmaster (PID, start time, boot), a descendant of it or one that was seen as such, holds
the guard's descriptor, or is the OS user's with the server's executable and the data
directory as working directory or its shared memory mapped.  A process that only has its
working directory or an open file there is not.  A zombie is dead.

Only processes of the OS user are looked into, in one pass over /proc.
"""

from __future__ import annotations

import os
import time

from pgx_agent.postgres import holdings, titles
from pgx_agent.postgres.evidence import Evidence as Evidence
from pgx_agent.postgres.evidence import Ident
from pgx_agent.postgres.evidence import gather as gather
from pgx_agent.postgres.holdings import Key
from pgx_pclrsc import proc
from pgx_pclrsc.frozen import dataclass, replace
from pgx_pclrsc.postmasters import started_for

_MONITOR = "pgx_monitor"  # it holds the guard of a server that it has adopted
_STANDALONE = "--single"
# A node with no time to spare takes seconds to end a process; a live one costs that once.
_ENDS_WITHIN, _LOOK_AGAIN = 10.0, 0.05  # seconds

Table = dict[int, tuple[str, int, int]]  # state letter, parent, start time


@dataclass(frozen=True, slots=True)
class Process:
    """A living process of the instance, and *why* it counts as one.

    *head*: it is a postmaster (or a standalone backend), and no orphan of one.
    """

    pid: int
    start: int
    ppid: int
    state: str
    command: str
    why: str
    head: bool = False

    @property
    def ident(self) -> Ident:
        """PID and start time."""
        return self.pid, self.start

    @property
    def standalone(self) -> bool:
        """Whether it is a backend without a postmaster (`postgres --single`)."""
        return _STANDALONE in self.command.split()[1:2]


def table() -> Table:
    """Return every living process of this PID namespace."""
    found: Table = {}
    for pid in proc.pids():
        stat = proc.read_stat(pid)
        if stat is not None and stat[0] not in "ZX":
            found[pid] = stat
    return found


def processes(
    evidence: Evidence, known: frozenset[Ident] = frozenset()
) -> list[Process]:
    """Return the living processes of the instance; *known* were found as such before."""
    there = table()
    spared = _ourselves(there)
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
    own = {
        pid: reason
        for pid in there
        if pid not in why and (reason := _own(evidence, pid, spared))
    }
    if own:
        why |= own
        _add_descendants(there, why, spared)
    return [
        _process(evidence, pid, there[pid], reason, orphan=there[pid][1] not in why)
        for pid, reason in sorted(why.items())
    ]


def _process(
    evidence: Evidence,
    pid: int,
    stat: tuple[str, int, int],
    why: str,
    *,
    orphan: bool = False,
) -> Process:
    state, ppid, start = stat
    command = " ".join(proc.cmdline(pid)).strip() or holdings.comm(pid)
    head = (
        orphan
        and not titles.is_title(command)
        and ((pid, start) in evidence.recorded or _is_server(evidence, pid))
    )
    return Process(pid, start, ppid, state, command, why, head)


def _ourselves(there: Table) -> set[int]:
    """Return this process and those that began it: a server may have begun us."""
    found, pid = set(), os.getpid()
    while pid in there and pid not in found:
        found.add(pid)
        pid = there[pid][1]
    return found


def _add_descendants(there: Table, why: dict[int, str], spared: set[int]) -> None:
    children: dict[int, list[int]] = {}
    for pid, (_, parent, _) in there.items():
        children.setdefault(parent, []).append(pid)
    todo = list(why)
    while todo:
        parent = todo.pop()
        for pid in children.get(parent, ()):
            if pid not in why and pid not in spared:
                why[pid] = f"a descendant of process {parent}"
                todo.append(pid)


def _is_users(pid: int, uid: int) -> bool:
    try:
        return os.stat(f"/proc/{pid}").st_uid == uid
    except OSError:
        return False


def _is_server(evidence: Evidence, pid: int) -> bool:
    return os.path.basename(proc.exe(pid) or "") in evidence.executables


def _own(evidence: Evidence, pid: int, spared: set[int]) -> str:
    """Return why *pid* is the instance's by what it holds, or nothing."""
    if not _is_users(pid, evidence.uid):
        return ""
    if _is_server(evidence, pid):
        return _own_server(evidence, pid)
    if evidence.guard_key is None or pid in spared:
        return ""
    if holdings.has_flocked(pid, evidence.guard_key) and not _is_monitor(pid):
        return "it holds the guard's descriptor"
    return ""


def _own_server(evidence: Evidence, pid: int) -> str:
    if _is_at(evidence, pid, proc.cwd_key(pid)):
        return "a server process in the data directory"
    if evidence.segments and evidence.segments & holdings.mapped_segments(pid):
        return "a server process with the instance's shared memory"
    return ""


def _is_at(evidence: Evidence, pid: int, where: Key | None) -> bool:
    """Whether *where*, the working directory of *pid*, is the data directory.

    The record's key counts only where no other name leads to it: device numbers are used
    again, also within one boot.
    """
    if where is not None and where == evidence.data_key:
        return True
    if where is not None and where == evidence.recorded_key:
        return not _is_reachable(pid, where)
    return evidence.data_key is None and _has_its_name(evidence, pid)


def _has_its_name(evidence: Evidence, pid: int) -> bool:
    """Whether *pid* is where the data directory's name leads to, in our own mounts.

    A container may have a directory of that name too, and the same user in it.
    """
    return proc.cwd(pid) == evidence.data_directory and proc.same_mounts(pid)


def _is_reachable(pid: int, where: Key | None) -> bool:
    name = proc.cwd(pid)
    return where is not None and name is not None and holdings.key(name) == where


def _is_monitor(pid: int) -> bool:
    return any(_MONITOR in word for word in proc.cmdline(pid)[:4])


def postmasters(found: list[Process]) -> list[Process]:
    """Return those of *found* that head the instance; an orphan backend does not."""
    return [process for process in found if process.head]


def postmaster_of(evidence: Evidence) -> Process | None:
    """Return the living postmaster of the instance, None without one."""
    heads = postmasters(processes(evidence))
    return heads[0] if heads else None


def with_memory(evidence: Evidence, found: list[Process]) -> Evidence:
    """Return *evidence* with the shared memory of the postmasters in *found*."""
    theirs = (holdings.mapped_segments(process.pid) for process in postmasters(found))
    return replace(evidence, segments=evidence.segments.union(*theirs))


def unproven(evidence: Evidence) -> list[Process]:
    """Return servers of which nothing here proves whose they are.

    While the data directory can be seen, whatever is elsewhere is another's.  Otherwise a
    server whose own directory no name leads to may be the instance's; that a record knows
    where the directory once was excuses nobody, it may be of an earlier mount.
    """
    if evidence.guard_key is not None:
        return []
    until = time.monotonic() + _ENDS_WITHIN
    while (found := _unproven(evidence)) and time.monotonic() < until:
        time.sleep(_LOOK_AGAIN)  # one that is just ending has no directory any more
    return found


def _unproven(evidence: Evidence) -> list[Process]:
    ours = {process.pid for process in processes(evidence)}
    there = table()
    return [
        _process(evidence, pid, stat, "its directory cannot be told")
        for pid, stat in there.items()
        if pid not in ours
        and not _is_server(evidence, stat[1])  # then that one is judged
        and _may_be(evidence, pid)
    ]


def _may_be(evidence: Evidence, pid: int) -> bool:
    if not _is_users(pid, evidence.uid) and proc.uid_of(pid) != evidence.uid:
        return False
    if proc.exe(pid) is None:
        return holdings.comm(pid) in evidence.executables
    if not _is_server(evidence, pid) or _is_reachable(pid, proc.cwd_key(pid)):
        return False
    named = started_for(proc.cmdline(pid))
    return proc.same_mounts(pid) and named in (None, evidence.data_directory)
