"""The monitor's loop: wait, turn what happened into events, step, do the effects.

It waits for the postmaster's end, the checkpointer's end, the sockets of its questions,
and the next deadline.  At each turn ends of processes are heard first, then replies,
and only then is time judged.  What is decided, and what is to be said of it, is decided
in `pgx_postgres.watch`.
"""

from __future__ import annotations

import math
import select
import signal
import time
from collections.abc import Callable

from pgx_agent.monitor.claim import Claim
from pgx_agent.monitor.seeing import evidence
from pgx_agent.monitor.seeing.papers import Papers
from pgx_agent.monitor.seeing.registered import Registered
from pgx_agent.monitor.writing.first_word import FirstWord
from pgx_agent.monitor.writing.keeping import Keeping
from pgx_agent.monitor.writing.notes import Notes
from pgx_agent.monitor.writing.speaker import Speaker
from pgx_base import locks
from pgx_base.held_signal import held_back
from pgx_pclrsc import record
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_postgres import pidfile
from pgx_postgres.probe import addresses, login
from pgx_postgres.probe.addresses import Address
from pgx_postgres.seeing import sight
from pgx_postgres.seeing.door import Door
from pgx_postgres.seeing.questions import Asking, Questions
from pgx_postgres.seeing.reader import Reader
from pgx_postgres.watch import watch
from pgx_postgres.watch.states import Faulted, Starting, State
from pgx_postgres.watch.watched import (
    FAULTED,
    Ask,
    Changed,
    CrashRestart,
    Effect,
    Event,
    Finish,
    Limits,
    OthersServed,
    PostmasterGone,
    Publish,
    Ready,
    Tick,
)

_REFRESH = 1.0  # seconds between two writings of the record
_SHORTEST_LOOK, _LONGEST_LOOK = 1.0, 5.0  # seconds between two looks at the PID file
_START_LOOK = 0.01  # the same while the server starts
_NO_FILE_FOR = 5.0  # seconds a starting server may be without its PID file
_SAME_END = 0.02  # seconds: children of a killed postmaster may end just before it


class Monitor:
    """One monitor of one server, until there is nothing left to watch."""

    def __init__(
        self,
        definition: ResourceDefinition,
        claim: Claim,
        limits_of: Callable[[ResourceDefinition], Limits],
        speaker: Speaker,
        first_word: FirstWord,
        keeping: Keeping,
        *,
        under_online: bool,
    ) -> None:
        self._data = definition.data_directory
        self._claim = claim
        self._known = Registered(definition, limits_of)
        self._say = speaker
        self._first_word = first_word
        self._keeping = keeping
        self._pid, self._start = claim.postmaster
        self._pidfd = sight.open_pidfd(*claim.postmaster)
        self._papers = Papers(self._data, claim.dir_fd, self._pid)
        self._pid_file = Reader(self._data, self._pid)
        self._checkpointer = sight.Checkpointer(claim.postmaster)
        self._door = Door(self._pid)
        self._shmid = keeping.kept.shmid
        self._began = time.monotonic()
        self._refresh_at = self._look_at = self._began
        self._questions = Questions(
            Asking(
                login.of(definition.db_user, definition.home, dict(definition.env)),
                definition.auth_failure == "fault",
                self._addresses,
                lambda: self._pid_file.look().status,
                lambda: self._runs(locks.ONLINE) or self._runs(locks.OFFLINE),
                speaker.login_warned,
            )
        )
        keeping.note(Notes(self._questions, speaker, lambda: self._state, self._known))
        self._state: State = Starting(
            answered=claim.before == record.ONLINE and not under_online
        )
        if claim.before == record.FAULTED:
            self._state = Faulted(claim.reason)
        self._over = False

    def _runs(self, byte: int) -> bool:
        """Whether the script that holds *byte* of the transition lock works now."""
        return locks.is_held(self._claim.transition_fd, byte)

    def _addresses(self) -> list[Address]:
        found = self._pid_file.look().found
        return addresses.of_server(self._pid, found, self._data)

    def run(self) -> None:
        """Watch until the server is gone or the record is another's."""
        if self._claim.guard_problem is not None:
            self._say.no_guard(self._claim.guard_problem)
        if isinstance(self._state, Starting) and self._starting_is_over():
            self._step(Ready())
        while not self._over:
            self._turn()
        if isinstance(self._state, Faulted):
            self._keeping.insist()

    def _turn(self) -> None:
        ready = self._wait()
        if self._pidfd < 0 or self._pidfd in ready:
            self._gone()
            return
        if self._checkpointer.fd in ready:
            self._checkpointer_gone()
        if self._keeping.fileno() in ready:
            self._keeping.hear()
        for event in self._questions.hear(ready):
            self._step(event)
        now = time.monotonic()
        for event in self._first_word.late(now):
            self._advance(event)
        if self._door.has_let_in(self._questions.outside, now):
            self._step(OthersServed())
        wake = watch.wake_of(self._state)
        if wake is not None and now >= wake:
            self._step(Tick())
        if self._known.has_changed(now):
            self._change(now)
        if now >= self._look_at and not isinstance(self._state, Faulted):
            self._look(now)
        if now >= self._refresh_at:
            self._refresh(now)

    def _wait(self) -> dict[int, int]:
        """Wait for something to happen; return the ready descriptors."""
        poll = select.poll()
        waited = self._questions.waited_for()
        at_once = waited.pop(-1, None) is not None or self._pidfd < 0
        for fd, events in waited.items():
            poll.register(fd, events)
        ours = self._keeping.fileno(), self._known.fd
        for fd in (self._pidfd, self._checkpointer.fd, *ours):
            if fd >= 0:
                poll.register(fd, select.POLLIN)
        return dict(poll.poll(0 if at_once else self._milliseconds()))

    def _milliseconds(self) -> int:
        wanted = [
            self._refresh_at,
            self._questions.wake(),
            self._door.look_at,
            self._known.wake(),
            *self._first_word.wake(),
        ]
        if not isinstance(self._state, Faulted):
            wanted.append(self._look_at)
        wake = watch.wake_of(self._state)
        if wake is not None:
            wanted.append(wake)
        return max(0, math.ceil((min(wanted) - time.monotonic()) * 1000))

    # --- the server's processes and files --------------------------------------

    def _gone(self) -> None:
        expected = self._runs(locks.OFFLINE)
        self._step(PostmasterGone(f"postmaster {self._pid} has ended", expected))
        self._over = True

    def _checkpointer_gone(self) -> None:
        pid = self._checkpointer.pid
        self._checkpointer.forget()
        if sight.has_ended(self._pidfd, _SAME_END):
            return self._gone()
        why = f"a server process has crashed: checkpointer {pid} has ended"
        return self._crashed(why)

    def _crashed(self, why: str) -> None:
        if not self._runs(locks.OFFLINE):
            self._step(CrashRestart(why))

    def _look(self, now: float) -> None:
        """Look at the PID file and for the checkpointer."""
        if isinstance(self._state, Starting):
            self._look_at = now + _START_LOOK
            if self._starting_is_over():
                self._step(Ready())
                self._look_at = now
            return
        interval = self._known.limits.watch_interval
        self._look_at = now + min(max(interval, _SHORTEST_LOOK), _LONGEST_LOOK)
        seen = self._pid_file.look()
        self._say.pid_file(seen.problem)
        if seen.found is not None:
            self._papers.note()
        if seen.found is not None and seen.found.shmid:
            if self._shmid and seen.found.shmid != self._shmid:
                self._crashed("the server has restarted its processes after a crash")
            self._shmid = self._keeping.kept.shmid = seen.found.shmid
        self._checkpointer.find()

    def _starting_is_over(self) -> bool:
        seen = self._pid_file.look()
        if seen.found is None:
            return time.monotonic() - self._began > _NO_FILE_FOR
        return seen.status not in (None, pidfile.STARTING)

    def _change(self, now: float) -> None:
        """Take over the settings that were changed; the record then says so at once."""
        known = self._known.definition
        self._questions.judge_logins(auth_fault=known.auth_failure == "fault")
        self._say.changed(known)
        self._advance(Changed())
        self._refresh_at = now

    # --- the record ------------------------------------------------------------

    def _refresh(self, now: float) -> None:
        self._refresh_at = now + _REFRESH
        self._say.no_record(self._keeping.refresh())

    def _record(self, state: str, reason: str = "") -> None:
        self._say.no_record(self._keeping.change(state, reason))

    # --- decisions -------------------------------------------------------------

    def _step(self, event: Event) -> None:
        for heard in self._first_word.hear(event, time.monotonic()):
            self._advance(heard)

    def _advance(self, event: Event) -> None:
        now = time.monotonic()
        self._state, effects = watch.step(self._known.limits, self._state, event, now)
        for effect in effects:
            self._do(effect)

    def _do(self, effect: Effect) -> None:
        match effect:
            case Ask(number=number, database=database):
                self._questions.put(number, database)
            case Publish(state=state, reason=reason, shut=shut):
                self._publish(state, reason, shut=shut)
            case Finish(reason=reason):
                self._finish(reason)
            case _:
                self._say.tell(effect)

    def _publish(self, state: str, reason: str, *, shut: bool) -> None:
        if state == FAULTED:
            self._fault(reason, shut=shut)
        else:
            self._online()

    def _finish(self, reason: str) -> None:
        self._say.ends(reason)
        self._say.first_word(f"gone {reason}")
        self._over = True

    def _online(self) -> None:
        """Say Online; the record may say so already."""
        again = self._keeping.kept.state == record.ONLINE
        if not again:
            self._record(record.ONLINE)
        self._first_word.online(self._pid, self._start, time.monotonic())
        self._say.watched(self._pid, again=again)

    def _fault(self, reason: str, *, shut: bool) -> None:
        """Say it first; an Offline that comes at once ends us once the evidence is kept."""
        with held_back(signal.SIGTERM):
            self._record(record.FAULTED, reason)
            asked, seen = self._questions.history(), self._pid_file.look()
            found = evidence.gather(self._pid, seen, asked)
            self._say.trace("\n".join([f"Faulted: {reason}", *found]))
        self._first_word.faulted(reason, shut=shut)
        self._questions.close()
        if (known := self._papers.explain(reason, self._pidfd)) != reason:
            self._record(record.FAULTED, known)
        self._keeping.trace_notes()
        self._say.faulted(known)
        # Again, where who reads facts looks for it: the first was for an Offline at once.
        self._say.trace("\n".join(found + evidence.log(self._data, self._claim.dir_fd)))
