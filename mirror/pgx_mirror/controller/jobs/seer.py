"""A hand that watches one postmaster as long as it lives: pgx_postgres.watch, acted on.

It sees the postmaster's end by its pidfd, and asks by a new connection each interval.  A
disk that hangs holds it up no more than the agent's monitor.  A backend that crashes is
left to PostgreSQL: with restart_after_crash it serves again in a tenth of a second.
"""

from __future__ import annotations

import math
import select
import time
from dataclasses import dataclass

from pgx_base.idents import Ident
from pgx_mirror.controller.jobs.sessions import login
from pgx_mirror.controller.jobs.site import Site
from pgx_mirror.hands.line import Line
from pgx_postgres import pidfile
from pgx_postgres.probe import addresses, question
from pgx_postgres.probe.addresses import Address
from pgx_postgres.seeing import sight
from pgx_postgres.seeing.door import Door
from pgx_postgres.seeing.questions import Asking, Questions
from pgx_postgres.seeing.reader import Reader
from pgx_postgres.watch import watch
from pgx_postgres.watch.states import Starting, State
from pgx_postgres.watch.watched import (
    FAULTED,
    Ask,
    Counted,
    Effect,
    Event,
    Finish,
    Limits,
    OthersServed,
    PostmasterGone,
    Publish,
    Ready,
    Recovered,
    Tick,
    Warn,
)

_LOOK = 0.05  # seconds between two looks at the PID file of a server that starts


@dataclass(frozen=True, slots=True)
class Well:
    """The server answers."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The server is at fault, *gone*: its postmaster has ended."""

    reason: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What people may want to know: an answer that failed, or that was odd."""

    text: str


def watch_server(line: Line, site: Site, postmaster: Ident, limits: Limits) -> None:
    """Watch *postmaster* until it is gone, or the controller is."""
    question.set_up()
    _Seer(line, site, postmaster, limits).run()


class _Seer:
    def __init__(
        self, line: Line, site: Site, postmaster: Ident, limits: Limits
    ) -> None:
        self._line, self._site, self._limits = line, site, limits
        self._pid = postmaster[0]
        self._pidfd = sight.open_pidfd(*postmaster)
        self._pid_file = Reader(site.data_directory, self._pid)
        self._door = Door(self._pid)
        self._questions = Questions(
            Asking(
                login(site),
                False,  # a login that is refused is no error of the database
                self._addresses,
                lambda: self._pid_file.look().status,
                lambda: False,
                lambda database, text: None,
            )
        )
        self._state: State = Starting(answered=False)
        self._over = False

    def _addresses(self) -> list[Address]:
        found = self._pid_file.look().found
        return addresses.of_server(self._pid, found, self._site.data_directory)

    def run(self) -> None:
        """Turn after turn, ends of processes first, then replies, then time."""
        while not self._over:
            ready = self._wait()
            if self._pidfd < 0 or self._pidfd in ready:
                self._gone()
                return
            if self._line.fileno() in ready:
                return  # the controller is gone
            for event in self._questions.hear(ready):
                self._step(event)
            self._judge(time.monotonic())

    def _judge(self, now: float) -> None:
        if isinstance(self._state, Starting) and self._is_ready():
            self._step(Ready())
        if self._door.has_let_in(self._questions.outside, now):
            self._step(OthersServed())
        wake = watch.wake_of(self._state)
        if wake is not None and now >= wake:
            self._step(Tick())

    def _is_ready(self) -> bool:
        return self._pid_file.look().status not in (None, pidfile.STARTING)

    def _wait(self) -> dict[int, int]:
        poll = select.poll()
        waited = self._questions.waited_for()
        at_once = waited.pop(-1, None) is not None or self._pidfd < 0
        for fd, events in waited.items():
            poll.register(fd, events)
        poll.register(self._line.fileno(), select.POLLIN)
        if self._pidfd >= 0:
            poll.register(self._pidfd, select.POLLIN)
        return dict(poll.poll(0 if at_once else self._milliseconds()))

    def _milliseconds(self) -> int | None:
        now = time.monotonic()
        wanted = [self._questions.wake(), self._door.look_at]
        wake = watch.wake_of(self._state)
        if wake is not None:
            wanted.append(wake)
        if isinstance(self._state, Starting):
            wanted.append(now + _LOOK)
        soonest = min(wanted)
        return (
            None if soonest == math.inf else max(0, math.ceil((soonest - now) * 1000))
        )

    def _gone(self) -> None:
        reason = f"postmaster {self._pid} has ended"
        self._step(PostmasterGone(reason))
        self._line.say(Fault(reason, gone=True))
        self._over = True

    def _begin_anew(self) -> None:
        """A server that is left alone with its fault may be well again."""
        self._questions.close()
        self._state = Starting(answered=False)

    def _step(self, event: Event) -> None:
        now = time.monotonic()
        self._state, effects = watch.step(self._limits, self._state, event, now)
        for effect in effects:
            self._do(effect)

    def _do(self, effect: Effect) -> None:
        match effect:
            case Ask(number=number, database=database):
                self._questions.put(number, database)
            case Warn(text=text):
                self._line.say(Told(text))
            case Counted(failures=failures, allowed=allowed, reason=reason):
                self._line.say(Told(f"{reason} ({failures} of {allowed})"))
            case Recovered() | Publish(state="online"):
                self._line.say(Well())
            case Publish(state=state, reason=reason) if state == FAULTED:
                self._line.say(Fault(reason))
                self._begin_anew()
            case Finish():
                self._over = True
            case _:
                pass
