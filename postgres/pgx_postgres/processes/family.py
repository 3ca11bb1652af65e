"""The processes of an instance once more, without a pass over all of /proc.

Whoever waits for a server to stop looks again and again: at those that are known, and at
what they have begun meanwhile.  Whatever else belongs to the instance shows in a whole
pass, which is made when a postmaster has gone.
"""

from __future__ import annotations

import os

from pgx_base import proc
from pgx_base.light.dataclasses import replace
from pgx_postgres import titles
from pgx_postgres.processes import children, holdings
from pgx_postgres.processes.instance import Process


def again(found: list[Process]) -> list[Process] | None:
    """Return those of *found* that still live, and their descendants.

    None where only a whole pass can tell: a postmaster has ended, or this kernel keeps no
    list of children.
    """
    there: dict[int, Process] = {}
    known = {process.pid for process in found}
    spared = _ourselves() - known
    todo = [(process.pid, process) for process in found]
    while todo:
        pid, before = todo.pop()
        if pid in there or pid in spared:
            continue
        process = _now(pid, before)
        if process is None:
            if before.head and before.pid == pid:
                return None
            continue
        begun = children.listed(pid, threads=not titles.is_title(process.command))
        if begun is None and proc.alive(pid, process.start):
            return None
        there[pid] = process
        todo += [(child, process) for child in begun or () if child not in known]
    return [there[pid] for pid in sorted(there)]


def _ourselves() -> set[int]:
    """Return this process and those that began it: a server may have begun us."""
    found, pid = set(), os.getpid()
    while pid > 1 and (stat := proc.read_stat(pid)) is not None:
        found.add(pid)
        pid = stat[1]
    return found


def _now(pid: int, before: Process) -> Process | None:
    """Return *before* as it is now, or process *pid* as a child of it; None when gone."""
    stat = proc.read_stat(pid)
    if stat is None or stat[0] in "ZX":
        return None
    state, ppid, start = stat
    command = " ".join(proc.cmdline(pid)).strip() or holdings.comm(pid)
    if pid == before.pid:
        if start != before.start:
            return None
        return replace(before, state=state, ppid=ppid, command=command)
    if ppid != before.pid:
        return None
    why = f"a descendant of process {before.pid}"
    return Process(pid, start, ppid, state, command, why)
