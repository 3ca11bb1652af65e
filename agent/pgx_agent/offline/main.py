"""pgx_offline NAME: stop the instance, and see that nothing of it is left on this node.

In this order: the transition lock (a running Online is ended), the state found kept for
Check, the monitor ended, the processes of the instance stopped by the ladder of
pgx_postgres/running, the record cleared.  It can be killed at any instant and run again, and
never answers 0 by not having looked.  Nothing in the data directory is written or removed.

Done when nothing of the instance is left on this node, also when nothing ran; not done
when something is left, or it could not be told.
"""

from __future__ import annotations

import os

from pgx_agent.core.request import Request
from pgx_agent.offline import papers
from pgx_agent.script import front, parent
from pgx_agent.script.job import Job
from pgx_agent.script.worker import Worker
from pgx_base import report
from pgx_base.idents import Key
from pgx_base.report import Failure
from pgx_base.text import quoted
from pgx_base.trace import facts
from pgx_pclrsc import record, registry, runentry

TYPE_CHECKING = False  # what stops a server is loaded while the monitor ends
if TYPE_CHECKING:
    from pgx_agent.core.mode import Chosen
    from pgx_postgres.processes.evidence import Evidence
    from pgx_postgres.running.stop import Left

PROGRAM = "pgx_offline"
_VERDICT_TAKES = 0.5  # seconds kept for what comes after the stop
_HANGS = (
    "A process in state D waits for its file system or disk; only the end of that wait, "
    "or of this node, ends it."
)
_ANOTHERS = (
    "The server runs as another user than the resource's: stop it as that user, "
    "and register the resource with the right one."
)
_MAY_HANG = 30.0  # seconds in state D, of the look at a disk that hangs


def work(worker: Worker) -> int:
    """Stop the instance; return 0 only when nothing of it is left.  Raises Failure."""
    worker.phase("waiting for the transition lock")
    with worker.at_workdir:
        held = papers.take_lock(worker, worker.deadline - _VERDICT_TAKES)
        found = papers.keep_state(worker, record.current(worker.dir_fd, worker.note))
        faulted, light = papers.speak(worker, found, held)
        _ask_monitor_to_end(worker)
    evidence = _gather(worker, found)
    chosen = _choose(worker, faulted)
    _end_monitor(worker)
    left = _stop(worker, evidence, chosen)
    if left:
        papers.note_failure(worker, found, left)
    _refuse_what_is_left(worker, evidence, left)
    _warn_of_bystanders(worker, evidence)
    papers.forget(worker, chosen.mode)
    light.say(set())
    if held is not None:
        held.release()
    report.inform(PROGRAM, f"instance {quoted(worker.definition.name)} is Offline")
    return 0


def _ask_monitor_to_end(worker: Worker) -> None:
    """Let it end while we look: it would take the end of the server for a fault."""
    from pgx_pclrsc import ending

    try:
        ending.ask_to_end(worker.dir_fd)
    except OSError:
        pass  # `_end_monitor` says so


def _gather(worker: Worker, found: record.Record | None) -> Evidence:
    from pgx_pclrsc import known

    worker.phase("looking at what is known of the instance")
    entry = runentry.read(worker.root, worker.definition.name)
    return known.of(worker.definition, found, entry[0] if entry else None)


def _end_monitor(worker: Worker) -> None:
    from pgx_pclrsc import ending

    worker.phase("waiting for the monitor's end")
    try:
        with worker.at_workdir:
            ending.end_monitor(worker.dir_fd)
        ending.end_who_speaks(worker.root, worker.definition)
    except OSError as ex:
        worker.trace.write(f"monitor.lock cannot be looked at: {ex}")
        ending.end_by_name(worker.root, worker.definition)
    except Failure as ex:
        if worker.use == "whole":
            raise
        # It was killed while it wrote its record: it does nothing more, whatever it holds.
        worker.warn(ex.primary, detail=ex.detail, hint=ex.hint)


def _choose(worker: Worker, faulted: bool) -> Chosen:
    from pgx_agent.core import mode

    chosen = mode.choose_mode(
        worker.request, faulted=faulted, switch_mode=worker.definition.switch_mode
    )
    asked = worker.request
    again = f", before {asked.manager} starts it again" if asked.recovers else ""
    worker.trace.write(f"{chosen.mode} stop{again}: {chosen.because}")
    worker.trace.write(
        facts(
            "offline",
            mode=chosen.mode,
            **dict(asked.facts),
            faulted=faulted,
            switch_mode=worker.definition.switch_mode,
            workdir=worker.use,
        )
    )
    return chosen


def _stop(worker: Worker, evidence: Evidence, chosen: Chosen) -> list[Left]:
    from pgx_postgres import server_log
    from pgx_postgres.running import stop

    worker.phase(papers.STOPPING)
    until = worker.deadline - _VERDICT_TAKES
    log = f"{worker.definition.work_directory}/{server_log.FILE}"
    mute = log if worker.workdir_hangs() else ""
    return stop.stop(worker, evidence, chosen.mode, until, mute)


def _refuse_what_is_left(worker: Worker, evidence: Evidence, left: list[Left]) -> None:
    name = quoted(worker.definition.name)
    if left:
        raise Failure(
            f"could not stop instance {name}",
            detail="Left on this node: " + "; ".join(map(str, left)) + ".",
            hint=_ANOTHERS if any(one.denied for one in left) else _HANGS,
        )
    from pgx_postgres.processes import unproven

    found = unproven.find(evidence)
    if found:
        raise Failure(
            f"could not tell whether instance {name} is stopped",
            detail=f"Nothing proves whose these are: {'; '.join(map(str, found))}.",
            hint="End what is the instance's, and run pgx_offline again.",
        )


def _warn_of_bystanders(worker: Worker, evidence: Evidence) -> None:
    """Name who else keeps the file system from being unmounted; they are not ours to end."""
    worker.phase("looking for other users of the data directory")
    keys = _places(evidence)
    if not keys or worker.left() <= 0:
        return
    named = worker.bystanders(keys)
    if named:
        worker.warn(
            f"data directory {quoted(worker.definition.data_directory)} is used by others",
            detail="Not the instance's, and left alone: " + "; ".join(named) + ".",
            hint="Its file system cannot be unmounted until they have ended or left it.",
        )


def _places(evidence: Evidence) -> list[Key]:
    """Return the data directory, and where its links lead to, by device and inode."""
    from pgx_postgres import tablespaces
    from pgx_postgres.processes import holdings

    keys = [evidence.data_key, evidence.recorded_key]
    try:
        spaces = tablespaces.find(evidence.data_directory)
    except OSError:
        spaces = []  # not mounted, failed, or closed to us
    keys += [holdings.key(space.target) for space in spaces]
    return [key for key in dict.fromkeys(keys) if key is not None]


def parse_arguments(arguments: list[str]) -> str:
    """Return the resource's name.  Raises Failure."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise front.wrong_usage(PROGRAM, arguments)
    return arguments[0]


def run(name: str, request: Request) -> bool:
    """Stop the instance of resource *name*; return whether nothing is left.  Raises Failure."""
    root = registry.root(os.environ)
    definition = front.definition_of(PROGRAM, root, name)
    front.check_caller(definition)
    timeout = request.allowed(definition.offline_timeout)
    return parent.run(
        Job(PROGRAM, definition, root, request, timeout),
        work,
        needs_workdir=False,
        may_hang=_MAY_HANG,
        meanwhile=_load_search,
    )


def _load_search() -> None:
    """Load what looks for other users of the data directory."""
    from pgx_postgres.processes import bystanders as bystanders
