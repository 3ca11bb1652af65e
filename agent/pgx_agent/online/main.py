"""pgx_online NAME: bring the instance of a resource Online.

    pgx_online NAME
    pgx_online --break-guard NAME      an operator's: starts past the guard
    pgx_online --dry-run NAME          an operator's: says what would be done

Done when the instance accepts connections and is monitored; else the reason is on stderr
and in the system log.
"""

from __future__ import annotations

import os

from pgx_agent.core.request import Request
from pgx_agent.online.new_monitor import Judge
from pgx_agent.online.version_question import VersionQuestion
from pgx_agent.script import front, lock, parent
from pgx_agent.script.job import Job
from pgx_agent.script.worker import Worker
from pgx_base import report
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc import node, registry
from pgx_pclrsc.core.definition import ResourceDefinition

PROGRAM = "pgx_online"
BREAK_GUARD, DRY_RUN = OPTIONS = ("--break-guard", "--dry-run")


def parse_arguments(arguments: list[str]) -> tuple[str, str]:
    """Return the resource's name, and the option that is given, "" for none.

    Raises Failure.
    """
    names = [word for word in arguments if not word.startswith("-")]
    options = [word for word in arguments if word.startswith("-")]
    if (
        len(names) == 1
        and set(OPTIONS) == set(options)
        and len(options) == len(OPTIONS)
    ):
        raise Failure(
            f"option {quoted(DRY_RUN)} cannot be used with {quoted(BREAK_GUARD)}"
        )
    if len(names) != 1 or options not in ([], [BREAK_GUARD], [DRY_RUN]):
        raise front.wrong_usage(PROGRAM, arguments, OPTIONS)
    return names[0], "".join(options)


def _warn_of_node(definition: ResourceDefinition, *, log: bool = True) -> None:
    """Warn where this node is not one of the resource's: RMS has chosen all the same."""
    here = node.this_node(os.environ)
    if here in definition.nodes:
        return
    other = Failure(
        f"this node, {quoted(here)}, is not one of the nodes of resource "
        f"{quoted(definition.name)}",
        hint="Register the resource anew (-d, then -a) with the node in -n, or set "
        "RELIANT_HOSTNAME.",
    )
    report.show(PROGRAM, "warning", other, log=log)


def _lock(worker: Worker) -> lock.Held:
    def still_asked() -> None:
        worker.wait([], 0)

    try:
        return lock.acquire(worker.dir_fd, "online", worker.deadline, still_asked)
    except OSError as ex:
        raise Failure(
            f"could not take the transition lock: {ex.strerror or ex}",
            hint="Look at the work directory and its file system.",
        ) from ex


def _work(worker: Worker, *, break_guard: bool) -> int:
    """Do the worker's half, under the transition lock."""
    worker.phase("waiting for the transition lock")
    held = _lock(worker)
    if worker.request.recovers:
        manager = worker.request.manager
        worker.say(f"{manager} asks for the recovery of a faulted resource")
    judge, question = Judge(worker), VersionQuestion(worker)
    try:
        worker.phase("checking data directory, tablespaces and programs")
        question.ask_early()
        # Loaded while the program answers.
        from pgx_agent.online import work

        online = work.Online(worker, held, judge, break_guard=break_guard)
        return online.run(question)
    finally:
        question.dismiss()
        judge.dismiss()
        held.release()


def run(name: str, request: Request, *, break_guard: bool) -> bool:
    """Bring resource *name* Online; return whether it is.  Raises Failure."""
    root = registry.root(os.environ)
    definition = front.definition_of(PROGRAM, root, name)
    front.check_caller(definition)
    _warn_of_node(definition)

    def work(worker: Worker) -> int:
        return _work(worker, break_guard=break_guard)

    timeout = request.allowed(definition.online_timeout)
    job = Job(PROGRAM, definition, root, request, timeout)
    return parent.run(job, work)


def forecast(name: str) -> bool:
    """Say what Online would do with resource *name*; return whether it would go on.

    Raises Failure.
    """
    from pgx_agent.online import dry_run  # no switch waits for what it loads

    root = registry.root(os.environ)
    definition = front.definition_of(PROGRAM, root, name)
    front.check_caller(definition)
    _warn_of_node(definition, log=False)
    return dry_run.run(PROGRAM, definition, root)
