"""The worker of a transition: how it is forked, becomes the OS user, and ends."""

from __future__ import annotations

import os
from collections.abc import Callable

import pgx_base.system_log  # noqa: F401  # report needs it where the user may not read it
from pgx_agent.script import line
from pgx_agent.script.at_workdir import AtWorkdir
from pgx_agent.script.job import Job
from pgx_agent.script.line import ParentGone, ParentsEnd, WorkersEnd
from pgx_agent.script.relay import Relay
from pgx_agent.script.worker import Before, Use, Worker, open_workdir
from pgx_base import prologue, reach, report, users
from pgx_base.light import signal
from pgx_base.light.dataclasses import dataclass
from pgx_base.program import internal_error
from pgx_base.report import Failure
from pgx_base.trace import Trace

HEEDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)  # by the parent
_PLACES = (
    reach.programs()
)  # asked now: the worker sees no directory that is closed to it
_SIGNALS_BACK = -1  # no descriptor is written to when a signal comes


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is to do, and until when (monotonic)."""

    job: Job
    work: Callable[[Worker], int]
    needs_workdir: bool
    deadline: float


@dataclass(frozen=True, slots=True)
class Forked:
    """A worker as its parent has it: its PID, a line for questions, its stderr."""

    pid: int
    pidfd: int
    line: ParentsEnd
    relay: Relay
    at: AtWorkdir
    use: Use


def fork(task: Task, use: Use, before: Before | None) -> Forked:
    """Fork a worker for *task* that makes *use* of the work directory.

    *before* is the one before it, which hangs there.
    """
    ours, theirs = line.pair()
    relay, at = Relay(), AtWorkdir()
    pid = os.fork()
    if pid == 0:
        ours.close()
        if use != "whole":
            _unheed()
        relay.be_worker()
        os._exit(_worker(task, theirs, at, use, before))
    theirs.close()
    relay.be_parent()
    return Forked(pid, os.pidfd_open(pid), ours, relay, at, use)


def _unheed() -> None:
    """Let signals end a worker whose parent heeds them already."""
    signal.set_wakeup_fd(_SIGNALS_BACK)
    for number in HEEDED:
        signal.signal(number, signal.SIG_DFL)


def _worker(
    task: Task, end: WorkersEnd, at: AtWorkdir, use: Use, before: Before | None
) -> int:
    definition, program = task.job.definition, task.job.program
    where = definition.work_directory if use == "whole" else None
    trace = Trace(where, definition.trace_max_file_size, program, at)
    try:
        prologue.ordinary_scheduling()
        users.become(definition)
        os.chdir("/")
        with at:
            dir_fd = open_workdir(program, definition, task.needs_workdir, use)
        worker = Worker(task.job, task.deadline, end, trace, dir_fd, at, use, before)
        trace.write(f"begins {task.job.request.asked}")
        code = task.work(worker)
        trace.write(f"ends with {code}")
        return code
    except Failure as ex:
        report.show(program, "error", ex)
        trace.write("\n".join(report.lines(program, "error", ex)))
    except ParentGone:
        trace.write("ends: the script's parent is gone")
    except Exception as ex:  # noqa: BLE001  # the script's exit code is ours to choose
        _internal_error(program, ex, trace, definition.os_user)
    return 1


def _internal_error(program: str, problem: Exception, trace: Trace, user: str) -> None:
    if closed := reach.closed_program(_PLACES):  # we are that user: nothing more loads
        refusal = reach.refused_programs(user, closed)
        report.show(program, "error", refusal)
        trace.write("\n".join(report.lines(program, "error", refusal)))
        return
    import traceback

    report.show(program, "error", internal_error(problem))
    trace.write("".join(traceback.format_exception(problem)))
