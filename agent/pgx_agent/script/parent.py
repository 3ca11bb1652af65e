"""The half of a transition that RMS sees: it forks the worker, serves it, and keeps time.

It never opens anything under the data directory and writes nothing into the work
directory, so nothing there can hold it up.  RMS kills a script that runs too long,
and with HaltFlag the node; so the verdict is given before, also about a worker that
hangs in the kernel.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable

from pgx_agent.script import forked, line, parents_part
from pgx_agent.script.forked import Task
from pgx_agent.script.hung import Hung, HungAtWorkdir
from pgx_agent.script.job import Job
from pgx_agent.script.worker import Before, Use, Worker
from pgx_base import proc, report
from pgx_base.light import signal
from pgx_base.report import Failure
from pgx_postgres.processes import holdings, looking

_LOOK_FOR = 5.0  # seconds a look at other users' processes may take
_AFTER_LOOK = 1.0  # seconds kept for what comes after it: it changes no verdict
_ENDING = 1.0  # seconds a worker has to end after SIGTERM
_BACKSTOP = 0.5  # the worker keeps the deadline itself; the parent only if it hangs
_LOOK_EVERY = 1.0
# Seconds without a step at the work directory: who can go on without it does so soon, and
# sooner still where only looking there hangs, or time is short.  A busy disk has its pauses.
_WITHOUT_WORKDIR, _TO_LOOK, _SHARE, _WITH_WORKDIR = 5.0, 2.0, 0.25, 30.0
_LESS: dict[Use, Use] = {"whole": "read", "read": "none"}

Work = Callable[[Worker], int]


def verdict_in(timeout: int, within: int = 0) -> float:
    """Return how many seconds a script registered with *timeout* may work: RMS's limit less
    the larger of 2 s and 5 %.

    Of a manager's own limit *within*, which may be as short as anybody has typed it, half is
    worked in any case: to do nothing is to fail.
    """
    spare = max(2.0, timeout * 0.05)
    return timeout - (min(spare, timeout / 2) if timeout == within else spare)


def run(
    job: Job,
    work: Work,
    *,
    needs_workdir: bool = True,
    may_hang: float = float("inf"),
    meanwhile: Callable[[], None] | None = None,
) -> bool:
    """Do *work* in a worker that has become the OS user; return whether it was done.

    Unless it *needs_workdir*, a work directory that cannot be opened is a warning, and the
    worker's `dir_fd` is then -1: an instance can be stopped without.  Where the work
    directory hangs another worker does the work, which writes nothing there, or a third,
    which does not look there either.  A worker that hangs in the kernel for *may_hang*
    seconds is given up.  *meanwhile* is done in the parent while the worker begins:
    loading what the parent will need.
    """
    deadline = time.monotonic() + verdict_in(job.timeout, job.request.within)
    task = Task(job, work, needs_workdir, deadline - _BACKSTOP)
    parent = _Parent(task, deadline, may_hang)
    parent.heed_signals()
    if meanwhile is not None:
        meanwhile()
    return parent.serve() == 0


class _Parent:
    """Serves one worker until it ends or must have ended."""

    def __init__(self, task: Task, deadline: float, may_hang: float) -> None:
        self._task = task
        self._deadline = deadline
        self._may_hang = may_hang
        self._phase = "starting"
        self._phases: set[str] = set()  # of all workers
        self._signalled = 0
        self._begin("whole", None)
        self._woken = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def _begin(self, use: Use, before: Before | None) -> None:
        """Have a worker that makes *use* of the work directory; that *before* it hangs."""
        worker = forked.fork(self._task, use, before)
        now = time.monotonic()
        patience = self._patience(use, self._deadline - now)
        self._worker, self._pid, self._pidfd = worker, worker.pid, worker.pidfd
        self._line, self._relay = worker.line, worker.relay
        self._hung = Hung(worker.pid, self._may_hang, now)
        self._at_workdir = HungAtWorkdir(worker.pid, worker.at, patience, now)

    def _patience(self, use: Use, left: float) -> float:
        """Return for how many seconds a worker may hang at the work directory."""
        if self._task.needs_workdir:
            return _WITH_WORKDIR
        return min(_WITHOUT_WORKDIR if use == "whole" else _TO_LOOK, left * _SHARE)

    def heed_signals(self) -> None:
        """From now on a signal that ends us ends the worker too.

        Python resumes an interrupted poll, so a signal has to be something to poll for.
        """
        signal.set_wakeup_fd(self._woken[1], warn_on_full_buffer=False)
        for number in forked.HEEDED:
            signal.signal(number, self._on_signal)

    def serve(self) -> int:
        """Answer the worker's questions; return its exit code, or 1 in its place."""
        poll = self._poll()
        while not self._signalled:
            now = time.monotonic()
            left = self._deadline - now
            if left <= 0 or self._hung.for_too_long(now):
                return self._give_up()
            if self._at_workdir.for_too_long(now):
                if self._task.needs_workdir or self._worker.use not in _LESS:
                    return self._give_up()
                self._go_on_without()
                poll = self._poll()
            ready = {fd for fd, _ in poll.poll(min(left, _LOOK_EVERY) * 1000)}
            if self._relay.fileno() in ready and not self._relay.hand_on():
                poll.unregister(self._relay)
            if self._line.fileno() in ready and not self._answer():
                poll.unregister(self._line)
            elif self._pidfd in ready:
                return self._result()
        return self._end_worker()

    def _poll(self) -> select.poll:
        poll = select.poll()
        for source in (self._line, self._pidfd, self._woken[0], self._relay):
            poll.register(source, select.POLLIN)
        return poll

    def _go_on_without(self) -> None:
        """Leave a worker that hangs at the work directory, and let another do the work.

        It is killed, and if it is not dead by that it will be as soon as it can do
        anything at all; until then it holds the transition lock, if it has it.
        """
        self._relay.hand_on()
        less = _LESS[self._worker.use]
        instead = "nothing is written there" if less == "read" else "it is left alone"
        problem = self._hangs_at_workdir(f"From here on {instead}.")
        report.show(self._task.job.program, "warning", problem)
        stat = proc.read_stat(self._pid)
        _signal(self._pidfd, signal.SIGKILL)
        old = self._worker
        old.line.close()
        os.close(old.pidfd)
        old.at.close()
        old.relay.close()
        ident = self._pid, stat[2] if stat is not None else 0
        self._begin(less, Before(ident, frozenset(self._phases)))

    def _hangs_at_workdir(self, more: str = "") -> Failure:
        where = holdings.wait_channel(self._pid)
        waits = f"waits in the kernel at {where}" if where else "waits there"
        return Failure(
            f'work directory "{self._task.job.definition.work_directory}" does not answer',
            detail=f"Process {self._pid} {waits}. {more}".strip(),
            hint="Look at its file system, which may be frozen, and at its disk.",
        )

    def _on_signal(self, number: int, _frame: object) -> None:
        self._signalled = number

    def _result(self) -> int:
        _, status = os.waitpid(self._pid, 0)
        self._relay.hand_on()
        code = os.waitstatus_to_exitcode(status)
        if code in (0, 1):
            return code
        self._show(
            Failure(
                f"was ended by signal {-code} while {self._phase}",
                hint="pgx_offline ends a running pgx_online; else look into trace.log.",
            )
        )
        return 1

    def _show(self, message: Failure) -> None:
        self._relay.hand_on()
        report.show(self._task.job.program, "error", message)

    def _give_up(self) -> int:
        wait = holdings.wait_channel(self._pid)
        late = Failure(
            f"could not finish in time: still {self._phase}",
            detail=f"Process {self._pid} waits in the kernel at {wait}."
            if wait
            else None,
            hint="Look into trace.log, and at the file systems of the instance.",
        )
        there = self._worker.at.is_there()
        self._show(self._hangs_at_workdir() if there else late)
        _signal(self._pidfd, signal.SIGKILL)
        return 1

    def _end_worker(self) -> int:
        """Carry out the signal that we were sent: the worker ends too, and at once."""
        _signal(self._pidfd, signal.SIGTERM)
        if not select.select([self._pidfd], [], [], _ENDING)[0]:
            _signal(self._pidfd, signal.SIGKILL)
        self._show(
            Failure(f"was ended by signal {self._signalled} while {self._phase}")
        )
        return 1

    def _answer(self) -> bool:
        """Serve one request; False when the worker has closed its end."""
        words = self._line.next()
        match words:
            case [line.PHASE, text]:
                self._phase = text
                self._phases.add(text)
            case [line.BYSTANDERS, *keys]:
                self._line.answer(line.BYSTANDERS, *self._look(keys))
            case _:
                kept = parents_part.keep(words, self._task.job)
                if kept is not None:  # else the line is closed
                    self._line.answer(words[0], kept)
        return bool(words)

    def _look(self, keys: list[str]) -> list[str]:
        pairs = [(int(d), int(i)) for d, _, i in (key.partition(":") for key in keys)]
        left = self._deadline - time.monotonic() - _AFTER_LOOK
        return looking.look(
            pairs, {os.getpid(), self._pid}, max(0.0, min(_LOOK_FOR, left))
        )


def _signal(pidfd: int, number: int) -> None:
    try:
        signal.pidfd_send_signal(pidfd, number)
    except ProcessLookupError:
        pass
