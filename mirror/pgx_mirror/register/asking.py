"""What a controller asks a register, and what of it is known: whatever the register is.

An ask is answered once, by Answer, or is one of Away's `unanswered`: then nobody knows
whether it was carried out, and the next Reached says what the cell is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

from pgx_mirror.core.mark import Mark
from pgx_mirror.register import payloads
from pgx_mirror.register.core.words import FOREIGN, Beat, Enrol, Request, Win
from pgx_mirror.register.events import Answer, Away, Event, Reached
from pgx_mirror.register.line import Parted
from pgx_mirror.register.payloads import Answered
from pgx_mirror.wire.refused import Garbage

SILENT = "it does not answer"
_BY_ITSELF = (
    1.25  # intervals without a beat that was asked for, after which one goes out
)
_MOST_TOLD = 4  # reasons of one absence


@dataclass(slots=True)
class _Sent:
    request: Request
    at: float
    ours: bool  # a beat or an enrolment: nobody waits for its answer


class Asking(ABC):
    """One controller's connection to a register, made again whenever it ends.

    beat      who we are; its limit is also how long an answer may take, in seconds
    interval  seconds between two calls of `beats`; a quarter more, and it beats by itself

    `ready` comes before `tick`: an answer that has come is heard before a deadline is judged.
    """

    def __init__(self, beat: Beat, interval: float) -> None:
        self._beat, self._interval = beat, interval
        self._tries = 0
        self._began = 0.0  # when the connection was begun
        self._try_at = float("-inf")
        self._beat_at = float("inf")
        self._number = 0
        self._sent: dict[int, _Sent] = {}
        self._known: Reached | None = None
        self._away = ""
        self._told: set[str] = set()  # reasons, since it was reached last
        self._mark: Mark | None = None
        self._enrolled: Enrol | None = None

    # ---- what carries it -----------------------------------------------------------------

    @abstractmethod
    def interests(self) -> list[tuple[int, int]]:
        """Return descriptors and masks for a poll."""

    @abstractmethod
    def ready(self, fd: int, mask: int, now: float) -> list[Event]:
        """Take what a poll has found at *fd*; another's descriptor is no harm."""

    @property
    @abstractmethod
    def _connected(self) -> bool:
        """Whether there is a connection, made or not yet."""

    @abstractmethod
    def _connect(self, now: float) -> list[Event]:
        """Begin a connection."""

    @abstractmethod
    def _put(self, payload: bytes) -> None:
        """Say *payload*.  Raises Parted."""

    @abstractmethod
    def _cut(self) -> None:
        """Let go of the connection."""

    # ---- what the controller's loop does -------------------------------------------------

    def next_tick(self) -> float:
        """Return when `tick` is due at the latest, by the clock of *now*."""
        if not self._connected:
            return self._try_at
        return min(self._beat_at, self._silent_at())

    def tick(self, now: float) -> list[Event]:
        """Do what is due: connect, beat, or find that nothing has come in time."""
        if not self._connected:
            return self._connect(now) if now >= self._try_at else []
        if now >= self._silent_at():
            return self._lose(SILENT, now)
        if now >= self._beat_at:
            return self._send(self._beat, now, ours=True)
        return []

    def close(self) -> None:
        """End the connection; the register need not wait to see that we are gone."""
        if self._connected:
            self._cut()
        self._sent = {}
        self._try_at = float("inf")

    @property
    def members(self) -> tuple[tuple[str, bool], ...]:
        """The members of a register that has several, and whether each answers; for people."""
        return ()

    # ---- what the controller says --------------------------------------------------------

    @property
    def is_reached(self) -> bool:
        """Whether it can be asked."""
        return self._known is not None

    def ask(self, request: Request, now: float) -> list[Event]:
        """Ask; while the register is away the request comes back unanswered at once."""
        if self._known is None:
            return [Away(self._away or SILENT, (request,))]
        return self._send(request, now, ours=False)

    def says(self, beat: Beat, now: float) -> list[Event]:
        """Say *beat* from now on, and at once if it is another."""
        if beat == self._beat:
            return []
        self._beat = beat
        return self._send(beat, now, ours=True) if self._known else []

    def beats(self, now: float) -> list[Event]:
        """Beat now, with what else is said now: a turn of the loop's less."""
        return self._send(self._beat, now, ours=True) if self._known else []

    def bound(self, mark: Mark | None, now: float) -> list[Event]:
        """Enrol with *mark*, which is durable, wherever the register is empty.

        To be told at the start, and after each write of the mark.
        """
        self._mark = mark
        return self._enrol(now)

    # ---- the connection ------------------------------------------------------------------

    def _silent_at(self) -> float:
        """Return when silence is the end: of a connection not yet made, or of an answer."""
        since = min((sent.at for sent in self._sent.values()), default=float("inf"))
        if self._known is None:
            since = min(since, self._began)
        return since + self._beat.limit

    def _unmade(self, why: str, now: float) -> list[Event]:
        """There is no connection, and why, if that is known yet."""
        self._try_at = now + self._interval
        news = bool(why) and self._is_news(why)
        self._away = why or self._away
        return [Away(why)] if news else []

    def _is_news(self, why: str) -> bool:
        """Whether *why* was not told since: each reason once, and no more than a few.

        Several members fail in several ways, now in this one and now in that.
        """
        if why in self._told or len(self._told) >= _MOST_TOLD:
            return False
        self._told.add(why)
        return True

    def _lose(self, why: str, now: float, *, secret: bool = False) -> list[Event]:
        """Forget the connection: what was asked is not known to be done, or not to be."""
        self._cut()
        unanswered = tuple(
            sent.request for sent in self._sent.values() if not sent.ours
        )
        news = self._is_news(why) or bool(self._known or unanswered)
        self._known, self._sent = None, {}
        self._enrolled = None
        self._away, self._try_at = why, now + self._interval / 2
        return [Away(why, unanswered, secret)] if news else []

    # ---- payloads ------------------------------------------------------------------------

    def _send(self, request: Request, now: float, *, ours: bool) -> list[Event]:
        self._number += 1
        self._sent[self._number] = _Sent(request, now, ours)
        if isinstance(request, Beat):
            self._beat_at = now + _BY_ITSELF * self._interval
        try:
            self._put(payloads.asked(self._number, self._filled(request)))
        except Parted as ex:
            return self._lose(str(ex), now)
        return []

    def _filled(self, request: Request) -> Request:
        if not isinstance(request, Win):
            return request
        return replace(request, register=self._mark.register if self._mark else "")

    def _take(self, found: Answered, now: float) -> list[Event]:
        """Hear an answer.  Raises Garbage."""
        sent = self._sent.get(found.number)
        if sent is None or (self._known and found.identity != self._known.identity):
            raise Garbage("an answer to what was not asked")
        if found.reply.word == FOREIGN:  # which is as good as none
            return self._lose("it belongs to another pair", now)
        del self._sent[found.number]
        events: list[Event] = []
        known = Reached(found.identity, found.reply.cell)
        if known != self._known:
            self._known, self._away = known, ""
            self._told.clear()
            events.append(known)
        if not sent.ours:
            events.append(Answer(sent.request, found.reply))
        return events + self._enrol(now)

    def _enrol(self, now: float) -> list[Event]:
        """Enrol in an empty register, once for each mark."""
        known, mark = self._known, self._mark
        if known is None or known.cell is not None or mark is None:
            return []
        wanted = Enrol(mark.epoch, mark.state)
        if wanted == self._enrolled:
            return []
        self._enrolled = wanted
        return self._send(wanted, now, ours=True)
