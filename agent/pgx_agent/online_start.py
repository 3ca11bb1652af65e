"""Starting a server under the guard, and seeing it answer."""

from __future__ import annotations

import os
import time

from pgx_agent import (
    end_monitor,
    environment,
    new_monitor,
    online_record,
    transition,
)
from pgx_agent.core import online
from pgx_agent.core.online import Ident
from pgx_agent.online_checks import Checked
from pgx_agent.online_facts import Look
from pgx_agent.postgres import guard, instance, server, server_log, startup
from pgx_agent.postgres.server import Forked
from pgx_agent.postgres.server_log import Mark
from pgx_agent.worker import Worker
from pgx_pclrsc.failure import Failure
from pgx_pclrsc.text import quoted

_LOG_TAKES = 1.0  # seconds
_STILL_TRUE = 1.0  # seconds that a look stays good


class Start:
    """Starts of a server, each until it answers or has failed.

    *forked* is the server that was started last, None before there was any.
    """

    def __init__(
        self,
        worker: Worker,
        held: transition.Held,
        judge: new_monitor.Judge,
        until: float,
        *,
        break_guard: bool,
    ) -> None:
        self.forked: Ident | None = None
        self._worker = worker
        self._held = held
        self._judge = judge
        self._until = until
        self._break_guard = break_guard
        self._name = quoted(worker.definition.name)
        self._data = worker.definition.data_directory

    def run(
        self, found: Look, checked: Checked, grandparent: int | None
    ) -> Forked | None:
        """Start the server and return it once it answers, None to look again first.

        Raises Failure.
        """
        self._held.confirm()
        # In this order: a monitor that is just writing would put its record back.
        end_monitor.end_before_start(self._worker.dir_fd)
        online_record.clear(self._worker)
        asked = time.monotonic()
        guard_fd = self._take_guard()
        if time.monotonic() - asked > _STILL_TRUE:
            # What was found is old: what was proven of the PID file may hold no more.
            _close(guard_fd)
            return None
        before = server_log.mark(self._worker.dir_fd, self._data)
        log_fd = self._open_log()
        try:
            self._judge.prepare()  # it loads what it needs while the server starts
            order = self._order(checked, log_fd, guard_fd, grandparent)
            forked, generation = self._fork(order)
        finally:
            _close(log_fd)
            _close(guard_fd)
        outcome = wait_ready(self._worker, forked.pid, forked.pidfd, self._until)
        if outcome == "exited":
            raise self._refused(forked, found, before)
        if outcome == "late":
            raise late(self._worker, forked.pid)
        return self._see_it_answer(forked, generation, found, before)

    def _take_guard(self) -> int | None:
        self._worker.phase("locking the data directory against a second server")
        waiting = guard.Waiting(self._sleep, self._worker.say, self._warn)
        return guard.take(self._data, self._until, waiting, past=self._break_guard)

    def _sleep(self, seconds: float) -> None:
        self._worker.wait([], seconds)

    def _warn(self, primary: str, detail: str) -> None:
        self._worker.warn(primary, detail=detail)

    def _open_log(self) -> int:
        try:
            return server_log.open_for_output(self._worker.dir_fd)
        except OSError as ex:
            self._worker.warn(
                f"could not open server.log: {ex.strerror or ex}",
                detail="What the server says is lost.",
            )
            return os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC)

    def _order(
        self,
        checked: Checked,
        log_fd: int,
        guard_fd: int | None,
        grandparent: int | None,
    ) -> server.Order:
        definition = self._worker.definition
        return server.Order(
            checked.bin_dir,
            self._data,
            definition.config_file,
            environment.build(definition, os.environ, checked.bin_dir),
            log_fd,
            guard_fd,
            grandparent,
        )

    def _fork(self, order: server.Order) -> tuple[Forked, str]:
        """Fork the server, record it, and only then let it run."""
        self._worker.phase("starting the server")
        try:
            forked = server.fork(order)
        except OSError as ex:
            raise Failure(f"could not start the server: {ex.strerror}") from ex
        self.forked = forked.pid, forked.start
        try:
            self._held.confirm()
            generation = online_record.starting(self._worker, forked.pid, forked.start)
            self._held.confirm()
            forked.release()
        finally:
            forked.abandon()
        return forked, generation

    def _see_it_answer(
        self, forked: Forked, generation: str, found: Look, before: Mark
    ) -> Forked:
        verdict = self._judge.judge(
            forked.pid, forked.start, generation, self._until, started=True
        )
        match verdict.outcome:
            case "online":
                if verdict.why:
                    warn_of_closed(self._worker, verdict.why, self._said(before))
                return forked
            case "shut":
                raise self._lets_nobody_in(verdict.why, before)
            case "gone":
                raise self._refused(forked, found, before)
            case "faulted":
                raise self._silent(verdict.why, before)
            case "late" | "lost":
                raise late(self._worker, forked.pid)

    def _said(self, before: Mark) -> list[str]:
        return server_log.since(self._worker.dir_fd, self._data, before)

    def _refused(self, forked: Forked, found: Look, before: Mark) -> Failure:
        """Return why the server ended, in its own words."""
        how = server.exit_text(forked.pid)
        self._let_the_log_be_written()
        first, *rest = self._said(before) or [how]
        return Failure(
            f"could not start instance {self._name}: {_without_prefix(first)}",
            detail=" / ".join([*rest, how]) + ".",
            hint=self._advice(found),
        )

    def _let_the_log_be_written(self) -> None:
        """Wait a moment for the server's log collector, which ends after the postmaster."""
        until = time.monotonic() + _LOG_TAKES
        definition = self._worker.definition
        evidence = instance.gather(definition, online_record.read(self._worker))
        while instance.processes(evidence) and time.monotonic() < until:
            self._worker.wait([], 0.01)

    def _advice(self, found: Look) -> str:
        work = self._worker.definition.work_directory
        match found.facts.pid_file:
            case online.BadPidFile():
                problem = "is no PID file"
            case online.UnreadablePidFile(why=why):
                problem = f"cannot be read: {why}"
            case _:
                return f"The server's output is in {quoted(f'{work}/server.log')}."
        return (
            f"{quoted(f'{self._data}/postmaster.pid')} {problem}. When it is certain that "
            "no server runs on this data directory on any node, remove it."
        )

    def _lets_nobody_in(self, why: str, before: Mark) -> Failure:
        """Return why another node is to be tried, in the server's own words."""
        said = self._said(before)
        cause = _without_prefix(said[0]) if said else why
        return Failure(
            f"instance {self._name} was started and lets nobody in: {cause}",
            detail=f"{why[:1].upper()}{why[1:]}.",
            hint="It is stopped again. See that this node has the locales, libraries and "
            "programs that the others have.",
        )

    def _silent(self, why: str, before: Mark) -> Failure:
        said = " / ".join(self._said(before))
        return Failure(
            f"instance {self._name} was started and does not answer: {why}",
            detail=f"The server said: {said}" if said else None,
            hint="It is stopped again. Look at pg_hba.conf, .pgpass of the OS user and "
            "the databases template1 and postgres.",
        )


def warn_of_closed(worker: Worker, why: str, said: list[str]) -> None:
    """Warn that a database of an instance that is Online lets nobody in."""
    quote = f" The server said: {_without_prefix(said[0])}" if said else ""
    worker.warn(
        f"instance {quoted(worker.definition.name)} is Online, but {why}",
        detail=f"Nobody can connect there.{quote}",
        hint="See that this node has the locales, libraries and programs that the others "
        "have.",
    )


def _close(fd: int | None) -> None:
    if fd is not None:
        os.close(fd)


def _without_prefix(line: str) -> str:
    """Return *line* from its severity on: log_line_prefix says nothing here."""
    for word in ("FATAL:", "PANIC:"):
        _, found, rest = line.partition(word)
        if found:
            return f"{word} {rest.strip()}"
    return line.strip()


def wait_ready(worker: Worker, pid: int, pidfd: int, until: float) -> startup.Outcome:
    """Wait until the postmaster takes connections, saying what it does meanwhile."""
    worker.phase(f"waiting until postmaster {pid} takes connections")
    data_directory = worker.definition.data_directory
    return startup.wait_ready(
        data_directory, pid, pidfd, until, worker.wait, worker.say
    )


def late(worker: Worker, pid: int) -> Failure:
    """Return the failure of an instance that is not up in time, with what it waits for."""
    definition = worker.definition
    return Failure(
        f"instance {quoted(definition.name)} is not up within its online-timeout of "
        f"{definition.online_timeout} s",
        detail=f"It was still busy: {startup.doing(pid)}.",
        hint="It is stopped again. Raise --online-timeout, and RMS's time-out with it, "
        "if recovery takes so long.",
    )


def unanswered(worker: Worker, pid: int) -> Failure:
    """Return the failure of a server that runs, is not ours to stop, and says nothing."""
    definition = worker.definition
    return Failure(
        f"instance {quoted(definition.name)} has not answered within its online-timeout "
        f"of {definition.online_timeout} s",
        detail=f"Postmaster {pid} runs; it was not started here, and is left as it is.",
        hint="Look what keeps template1 and postgres from answering. pgx_offline stops it.",
    )
