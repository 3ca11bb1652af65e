"""Gathering the facts that pgx_online plans by."""

from __future__ import annotations

import os
import time

from pgx_agent import online_record, record
from pgx_agent.core import online
from pgx_agent.core.online import Ident
from pgx_agent.postgres import instance, pidfile
from pgx_agent.postgres.instance import Evidence, Process
from pgx_agent.worker import Worker
from pgx_pclrsc import proc, runentry
from pgx_pclrsc.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """One look: the record, what the instance is known by, its processes, and the facts."""

    record: record.Record | None
    evidence: Evidence
    processes: tuple[Process, ...]
    facts: online.Facts


def look(worker: Worker, condemned: Ident | None) -> Look:
    """Look at record, PID file and processes; *condemned* as in `online.Facts`."""
    found = online_record.read(worker)
    entry = runentry.read(worker.root, worker.definition.name)
    evidence = instance.gather(worker.definition, found, entry[0] if entry else None)
    processes = tuple(instance.processes(evidence))
    heads = [process for process in processes if process.head]
    servers = tuple(_server(head) for head in heads if not head.standalone)
    facts = online.Facts(
        _pid_file(worker, evidence, processes),
        servers,
        _faulted(found),
        () if servers else tuple(_named(p) for p in processes if not p.standalone),
        condemned,
    )
    return Look(found, evidence, processes, facts)


def _named(process: Process) -> str:
    return f"{process.pid} ({process.command[:100]}: {process.why})"


def _server(head: Process) -> online.Server:
    ticks = os.sysconf("SC_CLK_TCK")
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - head.start / ticks
    return online.Server(head.pid, head.start, max(0.0, age))


def _faulted(found: record.Record | None) -> Ident | None:
    if found is None or found.state != record.FAULTED:
        return None
    return found.postmaster, found.start


def _pid_file(
    worker: Worker, evidence: Evidence, processes: tuple[Process, ...]
) -> online.PidFile:
    for process in processes:
        if process.standalone:
            return online.Standalone(process.pid)
    try:
        found = pidfile.read(worker.definition.data_directory)
    except pidfile.NoFile as ex:
        return online.OddPidFile(str(ex))
    except pidfile.Garbled:
        return online.BadPidFile()
    except OSError as ex:
        return online.UnreadablePidFile(ex.strerror or str(ex))
    if found is None:
        return online.NoPidFile()
    if found.pid < 0:
        return online.Standalone(-found.pid)
    stale = _is_stale(found.pid, evidence, processes)
    return online.Named(found.pid, found.status or "", stale)


def _is_stale(pid: int, evidence: Evidence, processes: tuple[Process, ...]) -> bool:
    """Whether /proc proves that *pid* is dead, a zombie, or no postmaster of the directory."""
    if any(process.pid == pid for process in processes):
        return False
    stat = proc.read_stat(pid)
    if stat is None or stat[0] in "ZX" or proc.uid_of(pid) != evidence.uid:
        return True
    program, where = proc.exe(pid), proc.cwd_key(pid)
    if program is None:
        return False
    if os.path.basename(program) not in evidence.executables:
        return True
    return where is not None and evidence.data_key not in (None, where)
