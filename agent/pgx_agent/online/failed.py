"""What pgx_online says of a start that failed, in the server's own words where it can.

Loaded only then.
"""

from __future__ import annotations

from pgx_agent.core import online
from pgx_agent.script.worker import Worker
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_postgres import server_log
from pgx_postgres.running import startup
from pgx_postgres.server_log import Mark

_NODE = (
    "See that this node has the locales, libraries and programs that the others have."
)


def _name(worker: Worker) -> str:
    return quoted(worker.definition.name)


def _said(worker: Worker, before: Mark) -> list[str]:
    """Return what the server has said since *before*, the cause first."""
    data_directory = worker.definition.data_directory
    return server_log.since(
        worker.dir_fd, data_directory, before, worker.definition.bin_dir or ""
    )


def refused(worker: Worker, how: str, before: Mark, advice: str) -> Failure:
    """Return why the server ended; *how* it did so."""
    first, *rest = _said(worker, before) or [how]
    return Failure(
        f"could not start instance {_name(worker)}: {first}",
        detail=" / ".join([*rest, how]) + ".",
        hint=advice,
    )


def advice(worker: Worker, found: online.PidFile, spared: str) -> str:
    """Return what to do after a refusal; *spared*: why a broken PID file was not removed."""
    path = quoted(f"{worker.definition.data_directory}/postmaster.pid")
    match found:
        case online.BadPidFile():
            problem = f"names no process, and was not removed: {spared}"
        case online.UnreadablePidFile(why=why):
            problem = f"cannot be read: {why}"
        case _:
            log = f"{worker.definition.work_directory}/server.log"
            return f"The server's output is in {quoted(log)}."
    return (
        f"{path} {problem}. When it is certain that no server runs on this data directory "
        "on any node, remove it."
    )


def lets_nobody_in(worker: Worker, why: str, before: Mark) -> Failure:
    """Return why another node is to be tried, in the server's own words."""
    said = _said(worker, before)
    cause = said[0] if said else why
    return Failure(
        f"instance {_name(worker)} was started and lets nobody in: {cause}",
        detail=f"{why[:1].upper()}{why[1:]}.",
        hint=f"It is stopped again. {_NODE}",
    )


def silent(worker: Worker, why: str, before: Mark) -> Failure:
    """Return the failure of a server that the monitor's rules call Faulted."""
    said = " / ".join(_said(worker, before))
    return Failure(
        f"instance {_name(worker)} was started and does not answer: {why}",
        detail=f"The server said: {said}" if said else None,
        hint="It is stopped again. Look at pg_hba.conf, .pgpass of the OS user and "
        "the databases template1 and postgres.",
    )


def warn_of_closed(worker: Worker, why: str, before: Mark) -> None:
    """Warn that a database of an instance that is Online lets nobody in."""
    said = _said(worker, before)
    quote = f" The server said: {said[0]}" if said else ""
    worker.warn(
        f"instance {_name(worker)} is Online, but {why}",
        detail=f"Nobody can connect there.{quote}",
        hint=_NODE,
    )


def late(worker: Worker, pid: int, *, ready: bool = False) -> Failure:
    """Return the failure of an instance that is not up in time, with what it waits for.

    *ready*: it takes connections, and has not answered.
    """
    detail, advice = _ready() if ready else _starting(worker, pid)
    return Failure(
        f"instance {_name(worker)} is not up within {_limit(worker)}",
        detail=detail,
        hint=f"It is stopped again. {advice}",
    )


def _ready() -> tuple[str, str]:
    return (
        "It takes connections, and neither template1 nor postgres has answered.",
        "Look what keeps them from answering.",
    )


def _managers(worker: Worker) -> int:
    """Return the cluster manager's own limit in seconds, 0 where the registered one counts."""
    within = worker.request.within
    return within if 0 < within < worker.definition.online_timeout else 0


def _limit(worker: Worker) -> str:
    if within := _managers(worker):
        return f"the {within} s that {worker.request.manager} allows"
    return f"its online-timeout of {worker.definition.online_timeout} s"


def _starting(worker: Worker, pid: int) -> tuple[str, str]:
    doing = startup.doing(pid)
    if doing.recovering and _managers(worker):
        advice = "Raise the time-out of the operation, if recovery takes so long."
    elif doing.recovering:
        advice = (
            "Raise --online-timeout, and RMS's time-out with it, if recovery takes so "
            "long."
        )
    else:
        advice = "Look at what it waits for: no time-out is long enough for that."
    return f"It was still busy: {doing.text}.", advice


def unanswered(worker: Worker, pid: int) -> Failure:
    """Return the failure of a server that runs, is not ours to stop, and says nothing."""
    return Failure(
        f"instance {_name(worker)} has not answered within {_limit(worker)}",
        detail=f"Postmaster {pid} runs; it was not started here, and is left as it is.",
        hint="Look what keeps template1 and postgres from answering. pgx_offline stops it.",
    )
