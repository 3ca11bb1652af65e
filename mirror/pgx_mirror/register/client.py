"""The register as a controller has it: asked without waiting, and never guessed at.

    names = Names("192.0.2.3", 26541)
    register = Register(names, secret, "server1", "arbiter", beat, interval=0.8)
    register.ask(Win(4))
    poll: interests(), until next_tick();  then ready() for each descriptor, then tick()

`ready` comes before `tick`: an answer that has come is heard before a deadline is judged.
An ask is answered once, by Answer, or is one of Away's `unanswered`: then nobody knows
whether it was carried out, and the next Reached says what the cell is.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace

from pgx_mirror.core.mark import Mark
from pgx_mirror.register import payloads
from pgx_mirror.register.core.words import FOREIGN, Beat, Enrol, Request, Win
from pgx_mirror.register.events import Answer, Away, Event, Reached
from pgx_mirror.register.line import Line, Parted
from pgx_mirror.register.payloads import PURPOSE, Answered
from pgx_mirror.sockets.names import Names
from pgx_mirror.wire.channel import CLIENT, Channel
from pgx_mirror.wire.refused import Garbage, OtherSecret, UnknownPeer

SILENT = "it does not answer"
_BY_ITSELF = (
    1.25  # intervals without a beat that was asked for, after which one goes out
)


@dataclass(slots=True)
class _Sent:
    request: Request
    at: float
    ours: bool  # a beat or an enrolment: nobody waits for its answer


class Register:
    """One controller's connection to the register, made again whenever it ends.

    names     where it listens; its addresses are tried in turn
    secret    of both servers and the arbiter
    me, it    identifiers of this server and of the arbiter, in network.conf
    beat      who we are; its limit is also how long an answer may take, in seconds
    interval  seconds between two calls of `beats`; a quarter more, and it beats by itself
    """

    def __init__(
        self,
        names: Names,
        secret: bytes,
        me: str,
        it: str,
        beat: Beat,
        *,
        interval: float,
        nonce: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._names, self._secret = names, secret
        self._me, self._it, self._nonce = me, it, nonce
        self._beat, self._interval = beat, interval
        self._tries = 0
        self._line: Line | None = None
        self._connecting = False
        self._began = 0.0  # when the connection was begun
        self._try_at = float("-inf")
        self._beat_at = float("inf")
        self._number = 0
        self._sent: dict[int, _Sent] = {}
        self._known: Reached | None = None
        self._away = ""
        self._mark: Mark | None = None
        self._enrolled: Enrol | None = None

    # ---- what the controller's loop does ------------------------------------------------

    def interests(self) -> list[tuple[int, int]]:
        """Return descriptors and masks for a poll."""
        if self._line is None:
            return self._names.interests()
        mask = select.POLLOUT if self._connecting else self._line.mask()
        return [*self._names.interests(), (self._line.fileno(), mask)]

    def next_tick(self) -> float:
        """Return when `tick` is due at the latest, by the clock of *now*."""
        names = self._names.due()
        due = float("inf") if names is None else names
        if self._line is None:
            return min(self._try_at, due)
        return min(self._beat_at, self._silent_at(), due)

    def ready(self, fd: int, mask: int, now: float) -> list[Event]:
        """Take what a poll has found at *fd*; another's descriptor is no harm."""
        if (fd, select.POLLIN) in self._names.interests():
            self._names.ready(now)
        if self._line is None or fd != self._line.fileno():
            return []
        try:
            if self._connecting:
                return self._connected()
            if mask & select.POLLOUT:
                self._line.flush()
            if not mask & ~select.POLLOUT:
                return []
            return self._heard(now)
        except Parted as ex:
            other = isinstance(ex.refused, OtherSecret | UnknownPeer)
            return self._lose(str(ex), now, secret=other)

    def tick(self, now: float) -> list[Event]:
        """Do what is due: connect, beat, or find that nothing has come in time."""
        self._names.tick(now)
        if self._line is None:
            return self._connect(now) if now >= self._try_at else []
        if now >= self._silent_at():
            return self._lose(SILENT, now)
        if now >= self._beat_at:
            return self._send(self._beat, now, ours=True)
        return []

    def close(self) -> None:
        """End the connection; the register need not wait to see that we are gone."""
        if self._line is not None:
            self._line.close()
        self._names.close()
        self._line, self._sent = None, {}
        self._try_at = float("inf")

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

    # ---- the connection --------------------------------------------------------------------

    def _silent_at(self) -> float:
        """Return when silence is the end: of a connection not yet made, or of an answer."""
        since = min((sent.at for sent in self._sent.values()), default=float("inf"))
        if self._known is None:
            since = min(since, self._began)
        return since + self._beat.limit

    def _connect(self, now: float) -> list[Event]:
        self._names.look(now)
        places = self._names.places()
        if not places:
            return self._unmade(self._names.trouble, now)
        place = places[self._tries % len(places)]
        self._tries += 1
        try:
            sock = socket.socket(place.family, socket.SOCK_STREAM)
        except OSError as ex:  # no descriptor is free
            return self._unmade(ex.strerror or str(ex), now)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        nonce = self._nonce(32)
        channel = Channel(
            self._secret, self._me, CLIENT, nonce, PURPOSE, known=(self._it,)
        )
        self._line, self._connecting = Line(sock, channel), True
        self._began, self._beat_at = now, float("inf")
        try:
            sock.connect(place.address)
        except BlockingIOError:
            pass
        except OSError as ex:
            return self._lose(ex.strerror or str(ex), now)
        return []

    def _connected(self) -> list[Event]:
        assert self._line is not None
        problem = self._line.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if problem:
            raise Parted(os.strerror(problem))
        self._connecting = False
        return []

    def _unmade(self, why: str, now: float) -> list[Event]:
        """There is no connection, and why, if that is known yet."""
        self._try_at = now + self._interval
        news = bool(why) and why != self._away
        self._away = why or self._away
        return [Away(why)] if news else []

    def _lose(self, why: str, now: float, *, secret: bool = False) -> list[Event]:
        """Forget the connection: what was asked is not known to be done, or not to be."""
        assert self._line is not None
        self._line.close()
        unanswered = tuple(
            sent.request for sent in self._sent.values() if not sent.ours
        )
        news = bool(self._known or unanswered or why != self._away)
        self._line, self._known, self._sent = None, None, {}
        self._enrolled = None
        self._away, self._try_at = why, now + self._interval / 2
        return [Away(why, unanswered, secret)] if news else []

    # ---- payloads --------------------------------------------------------------------------

    def _send(self, request: Request, now: float, *, ours: bool) -> list[Event]:
        assert self._line is not None
        self._number += 1
        self._sent[self._number] = _Sent(request, now, ours)
        if isinstance(request, Beat):
            self._beat_at = now + _BY_ITSELF * self._interval
        try:
            self._line.say(payloads.asked(self._number, self._filled(request)))
        except Parted as ex:
            return self._lose(str(ex), now)
        return []

    def _filled(self, request: Request) -> Request:
        if not isinstance(request, Win):
            return request
        return replace(request, register=self._mark.register if self._mark else "")

    def _heard(self, now: float) -> list[Event]:
        line = self._line
        assert line is not None
        was = line.channel.open
        found = line.received()
        if not was and line.channel.open:
            return self._send(self._beat, now, ours=True)
        events: list[Event] = []
        for payload in found:
            try:
                events += self._take(payloads.read_answered(payload), now)
            except Garbage as ex:  # what came before it counts
                events += self._lose(str(ex), now)
            if self._line is not line:
                break
        return events

    def _take(self, found: Answered, now: float) -> list[Event]:
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
