"""Starting a server under the guard, and seeing it answer."""

from __future__ import annotations

import os
import time

from pgx_agent.core import online
from pgx_agent.online import facts, new_monitor, recorded
from pgx_agent.online.facts import Situation
from pgx_agent.script import lock
from pgx_agent.script.worker import Worker
from pgx_base.failure import Failure
from pgx_base.idents import Ident
from pgx_base.text import quoted
from pgx_pclrsc import ending, environment, known
from pgx_postgres import pidfile, server_log
from pgx_postgres.processes import instance
from pgx_postgres.running import guard, server, startup
from pgx_postgres.running.server import Forked
from pgx_postgres.server_log import Mark

_GUARD = guard.Words(
    alone="Nothing but RMS's exclusive disk keeps another node out.",
    past="Only when it is certain that no server runs on this data directory anywhere: "
    "pgx_online --break-guard NAME.",
)
_LOG_TAKES = 5.0  # seconds
_STILL_TRUE = 1.0  # seconds that a look stays good


class Attempts:
    """Starts of a server, each until it answers or has failed.

    *forked* is the server that was started last, None before there was any.
    """

    def __init__(
        self,
        worker: Worker,
        held: lock.Held,
        judge: new_monitor.Judge,
        until: float,
        *,
        break_guard: bool,
    ) -> None:
        self.forked: Ident | None = None
        self._next: int | None = None  # the last of the PIDs in *_past*
        self._past: frozenset[int] = frozenset()  # PIDs of stale lock files
        self._spared = ""  # why a broken PID file was not removed
        self._worker = worker
        self._held = held
        self._judge = judge
        self._until = until
        self._break_guard = break_guard
        self._name = quoted(worker.definition.name)
        self._data = worker.definition.data_directory

    def run(self, found: Situation, bin_dir: str, step: online.Start) -> Forked | None:
        """Start the server and return it once it answers, None to look again first.

        Raises Failure.
        """
        self._held.confirm()
        # In this order: a monitor that is just writing would put its record back.
        ending.end_before_start(self._worker.dir_fd)
        recorded.clear(self._worker)
        asked = time.monotonic()
        guard_fd = self._take_guard()
        if time.monotonic() - asked > _STILL_TRUE or self._cleared(guard_fd, step):
            # What was found is old: what was proven of the PID file may hold no more.
            _close(guard_fd)
            return None
        self._rotate_log()
        before = server_log.mark(self._worker.dir_fd, self._data)
        log_fd = self._open_log()
        try:
            self._judge.prepare()  # it loads what it needs while the server starts
            order = self._order(bin_dir, log_fd, guard_fd, step.grandparent)
            forked, generation = self._fork(order)
        finally:
            _close(log_fd)
            _close(guard_fd)
        outcome = wait_ready(
            self._worker, forked.pid, forked.pidfd, self._until, forked.before
        )
        if outcome == "exited":
            self._pass_a_socket_lock(order, self._refused(forked, found, before))
            return None
        if outcome == "late":
            from pgx_agent.online import failed

            raise failed.late(self._worker, forked.pid)
        return self._see_it_answer(forked, generation, found, before)

    def _pass_a_socket_lock(self, order: server.Order, problem: Failure) -> None:
        """Have the next start go past a stale lock file of a socket.

        Raises Failure, *problem* with what there is to say of the lock, where there is none.
        """
        from pgx_postgres.running import socket_locks

        tried = self._past | ({order.grandparent} if order.grandparent else set())
        stale = socket_locks.find(order, self._worker.definition.uid, tried)
        if stale.grandparent is None:
            hint = " ".join(filter(None, [problem.hint, stale.advice]))
            raise Failure(problem.primary, detail=problem.detail, hint=hint)
        self._past = tried | {stale.grandparent}
        self._next = stale.grandparent
        self._worker.say(
            f"starting again: a lock file of the socket names process "
            f"{stale.grandparent}, which is no server"
        )

    def _take_guard(self) -> int | None:
        self._worker.phase("locking the data directory against a second server")
        past = self._break_guard
        return guard.take(self._data, self._until, self._worker, _GUARD, past=past)

    def _cleared(self, guard_fd: int | None, step: online.Start) -> bool:
        """Whether a broken PID file was removed, or others are at work: look again."""
        if not step.broken:
            return False
        if guard_fd is None:
            self._spared = "the data directory could not be locked"
            return False
        definition = self._worker.definition
        if definition.broken_pid_file == "refuse":
            self._spared = "--broken-pid-file is refuse"
            return False
        if online.next_step(facts.look(self._worker, None).facts) != step:
            return True
        return self._removed()

    def _removed(self) -> bool:
        from pgx_postgres.running import broken_pid_file

        definition, work = (
            self._worker.definition,
            self._worker.definition.work_directory,
        )
        self._held.confirm()
        try:
            gone = broken_pid_file.remove(
                self._data, definition.uid, self._worker.dir_fd
            )
        except broken_pid_file.Spared as ex:
            self._spared = str(ex)
            return False
        self._worker.warn(
            f"{quoted(f'{self._data}/postmaster.pid')} named no process, and is removed",
            detail=f"{gone.what}. The data directory is locked, and no process of the "
            f"instance is here. A copy is {quoted(f'{work}/{gone.copy}')}.",
        )
        return True

    def _rotate_log(self) -> None:
        limit = self._worker.definition.server_log_max_file_size * 1024
        if not limit:
            return
        try:
            server_log.rotate(self._worker.dir_fd, limit)
        except OSError as ex:
            self._worker.warn(
                f"could not rotate server.log: {ex.strerror or ex}",
                detail="It grows on.",
            )

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
        bin_dir: str,
        log_fd: int,
        guard_fd: int | None,
        grandparent: int | None,
    ) -> server.Order:
        definition = self._worker.definition
        return server.Order(
            bin_dir,
            self._data,
            definition.config_file,
            environment.build(definition, os.environ, bin_dir),
            log_fd,
            guard_fd,
            grandparent or self._next,
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
            generation = recorded.starting(self._worker, forked.pid, forked.start)
            self._held.confirm()
            forked.release()
        finally:
            forked.abandon()
        return forked, generation

    def _see_it_answer(
        self, forked: Forked, generation: str, found: Situation, before: Mark
    ) -> Forked:
        verdict = self._judge.judge(
            forked.pid, forked.start, generation, self._until, started=True
        )
        if verdict == new_monitor.Verdict("online"):
            return forked
        from pgx_agent.online import failed

        match verdict.outcome:
            case "online":
                failed.warn_of_closed(self._worker, verdict.why, before)
                return forked
            case "shut":
                raise failed.lets_nobody_in(self._worker, verdict.why, before)
            case "gone":
                raise self._refused(forked, found, before)
            case "faulted":
                raise failed.silent(self._worker, verdict.why, before)
            case "late" | "lost":
                raise failed.late(self._worker, forked.pid, ready=True)

    # --- a start that failed ----------------------------------------------------

    def _refused(self, forked: Forked, found: Situation, before: Mark) -> Failure:
        """Return why the server ended, in its own words."""
        from pgx_agent.online import failed

        how = server.exit_text(forked.pid)
        self._let_the_log_be_written()
        worker = self._worker
        advice = failed.advice(worker, found.facts.pid_file, self._spared)
        return failed.refused(worker, how, before, advice)

    def _let_the_log_be_written(self) -> None:
        """Wait a moment for the server's log collector, which ends after the postmaster.

        Half of what is left at most: the rest is for ending whatever else of it is there.
        """
        until = time.monotonic() + min(_LOG_TAKES, self._worker.left() / 2)
        definition = self._worker.definition
        evidence = known.of(definition, recorded.read(self._worker))
        while instance.processes(evidence) and time.monotonic() < until:
            self._worker.wait([], 0.01)


def _close(fd: int | None) -> None:
    if fd is not None:
        os.close(fd)


def wait_ready(
    worker: Worker,
    pid: int,
    pidfd: int,
    until: float,
    stale: pidfile.Stamp | None = None,
) -> startup.Outcome:
    """Wait until the postmaster takes connections, saying what it does meanwhile.

    *stale*: the PID file that was there before it began.
    """
    worker.phase(f"waiting until postmaster {pid} takes connections")
    data_directory = worker.definition.data_directory
    return startup.wait_ready(data_directory, pid, pidfd, until, worker, stale)
