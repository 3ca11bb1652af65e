"""The arbiter as a controller has it: asked without waiting, and never guessed at.

names = Names("192.0.2.3", 26541)
register = Register(names, secret, "server1", "arbiter", beat, interval=0.8)
register.ask(Win(4))
poll: interests(), until next_tick();  then ready() for each descriptor, then tick()
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable

from pgx_mirror.register import payloads
from pgx_mirror.register.asking import Asking
from pgx_mirror.register.core.words import Beat
from pgx_mirror.register.events import Event
from pgx_mirror.register.line import Line, Parted
from pgx_mirror.register.payloads import PURPOSE
from pgx_mirror.sockets.names import Names
from pgx_mirror.wire.channel import CLIENT, Channel
from pgx_mirror.wire.refused import Garbage, OtherSecret, UnknownPeer


class Register(Asking):
    """One controller's connection to mc_arb.

    names     where it listens; its addresses are tried in turn
    secret    of both servers and the arbiter
    me, it    identifiers of this server and of the arbiter, in network.conf
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
        super().__init__(beat, interval)
        self._names, self._secret = names, secret
        self._me, self._it, self._nonce = me, it, nonce
        self._line: Line | None = None
        self._connecting = False

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
        due = super().next_tick()
        return due if names is None else min(due, names)

    def ready(self, fd: int, mask: int, now: float) -> list[Event]:
        """Take what a poll has found at *fd*; another's descriptor is no harm."""
        if (fd, select.POLLIN) in self._names.interests():
            self._names.ready(now)
        if self._line is None or fd != self._line.fileno():
            return []
        try:
            if self._connecting:
                self._check_connected()
                return []
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
        return super().tick(now)

    def close(self) -> None:
        """End the connection; the register need not wait to see that we are gone."""
        super().close()
        self._names.close()

    # ---- the connection --------------------------------------------------------------------

    @property
    def _connected(self) -> bool:
        return self._line is not None

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

    def _check_connected(self) -> None:
        assert self._line is not None
        problem = self._line.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if problem:
            raise Parted(os.strerror(problem))
        self._connecting = False

    def _put(self, payload: bytes) -> None:
        assert self._line is not None
        self._line.say(payload)

    def _cut(self) -> None:
        assert self._line is not None
        self._line.close()
        self._line = None

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
