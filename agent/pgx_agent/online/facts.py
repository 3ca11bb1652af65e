"""Gathering the facts that pgx_online plans by."""

from __future__ import annotations

from pgx_agent.core import online
from pgx_agent.online import recorded
from pgx_agent.online.looker import Looker
from pgx_base.idents import Ident
from pgx_base.light.dataclasses import dataclass
from pgx_pclrsc import known, record, runentry
from pgx_postgres import pidfile
from pgx_postgres.processes import instance, unproven
from pgx_postgres.processes.belonging import is_young
from pgx_postgres.processes.instance import Evidence, Process
from pgx_postgres.processes.servers import Servers
from pgx_postgres.running.stale import is_stale


@dataclass(frozen=True, slots=True)
class Situation:
    """One look: the record, what the instance is known by, its processes, and the facts."""

    record: record.Record | None
    evidence: Evidence
    processes: tuple[Process, ...]
    facts: online.Facts


def look(worker: Looker, condemned: Ident | None, *, patient: bool = True) -> Situation:
    """Look at record, PID file and processes; *condemned* as in `online.Facts`.

    When *patient*, a doubtful server that is just ending or beginning is waited for.
    """
    found = recorded.read(worker)
    entry = runentry.read(worker.root, worker.definition.name)
    evidence = known.of(worker.definition, found, entry[0] if entry else None)
    seen = Servers(evidence.uid)
    processes = tuple(instance.processes(evidence, look=seen))
    heads = [process for process in processes if process.head]
    servers = tuple(_server(head) for head in heads if not head.standalone)
    doubtful = [] if servers else unproven.look(evidence, seen, processes)
    if doubtful and patient:
        unproven.find(evidence)
        return look(worker, condemned, patient=False)
    facts = online.Facts(
        _pid_file(worker, evidence, (*processes, *doubtful)),
        servers,
        _faulted(found),
        () if servers else tuple(str(p) for p in processes if not p.standalone),
        condemned,
        tuple(map(str, doubtful)),
    )
    return Situation(found, evidence, processes, facts)


def _server(head: Process) -> online.Server:
    return online.Server(head.pid, head.start, is_young(head.start))


def _faulted(found: record.Record | None) -> Ident | None:
    if found is None or found.state != record.FAULTED:
        return None
    return found.postmaster, found.start


def _pid_file(
    worker: Looker, evidence: Evidence, processes: tuple[Process, ...]
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
    # One that has been written since cannot be stale: its server was not looked at.
    old = evidence.pid_file is not None and evidence.pid_file.pid == found.pid
    stale = old and is_stale(found.pid, evidence, processes)
    return online.Named(found.pid, found.status or "", stale)
