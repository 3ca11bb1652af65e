"""A PID that postmaster.pid names, and that is no server's any more.

PostgreSQL refuses to start for any living process of its user that the file names: another
program that got the number since, and a killed postmaster that nobody has waited for yet,
as the first process of a container may never do.
"""

from __future__ import annotations

from pgx_base import proc
from pgx_postgres.processes.evidence import Evidence
from pgx_postgres.processes.instance import Process


def is_stale(pid: int, evidence: Evidence, processes: tuple[Process, ...]) -> bool:
    """Whether /proc proves that *pid* is dead, a zombie, or no postmaster of the directory.

    *processes* are those of the instance, and those that may be.
    """
    if any(process.pid == pid for process in processes):
        return False
    if proc.is_hidden(pid):
        return False
    stat = proc.read_stat(pid)
    if stat is None or stat[0] in "ZX" or proc.uid_of(pid) != evidence.uid:
        return True
    # Who may be looked into is known to be no server here.
    return evidence.data_key is not None and proc.cwd_key(pid) is not None


def stale_pid(evidence: Evidence, processes: tuple[Process, ...]) -> int | None:
    """Return the PID of the PID file if it is stale, None else, or where there is none."""
    pid = 0 if evidence.pid_file is None else evidence.pid_file.pid
    return pid if pid > 0 and is_stale(pid, evidence, processes) else None
