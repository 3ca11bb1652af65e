"""Who is connected to mc_arb: proved by the secret, or given a few seconds to.

Those who have proved nothing are few at a time, and the longest there gives way to the
newest: a flood takes no server's place, since a proof takes one exchange.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pgx_mirror.register.line import Line, Parted
from pgx_mirror.register.payloads import PURPOSE
from pgx_mirror.sockets.door import Door
from pgx_mirror.wire.channel import SERVER, Channel

PROVES_WITHIN = 5.0  # seconds
MOST_UNPROVED = 128
# Accepted a turn: so whoever is let in has many turns before a flood displaces it.
_AT_ONCE = 4


@dataclass(slots=True, eq=False)
class Visitor:
    """One connection: its line, from where, and until when it must be heard again."""

    line: Line
    address: str
    until: float
    greeted: bool = False

    @property
    def who(self) -> str:
        """The server that it is, empty while it has not proved the secret."""
        return self.line.channel.who if self.line.channel.open else ""


class Visitors:
    """All connections, by descriptor.

    secret  what they must prove;  me  this arbiter's identifier;  servers  whom it knows
    """

    def __init__(self, secret: bytes, me: str, servers: Collection[str]) -> None:
        self._secret, self._me, self._servers = secret, me, tuple(servers)
        self._all: dict[int, Visitor] = {}

    def __iter__(self) -> Iterator[Visitor]:
        return iter(list(self._all.values()))

    def at(self, fd: int) -> Visitor | None:
        """Return who is at that descriptor."""
        return self._all.get(fd)

    def named(self, who: str) -> Visitor | None:
        """Return the connection of the server *who*, None without one."""
        return next((v for v in self._all.values() if v.who == who), None)

    def accept(self, door: Door, now: float) -> None:
        """Let in who knocks, as many as a turn may take."""
        for sock, address in door.accept(_AT_ONCE):
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._greet(sock, str(address[0]), now)

    def _greet(self, sock: socket.socket, address: str, now: float) -> None:
        unproved = [v for v in self._all.values() if not v.who]
        if len(unproved) >= MOST_UNPROVED:
            self.drop(min(unproved, key=lambda v: v.until))
        nonce = os.urandom(32)
        channel = Channel(
            self._secret, self._me, SERVER, nonce, PURPOSE, known=self._servers
        )
        visitor = Visitor(Line(sock, channel), address, now + PROVES_WITHIN)
        self._all[sock.fileno()] = visitor
        try:
            visitor.line.flush()
        except Parted:
            self.drop(visitor)

    def drop(self, visitor: Visitor) -> None:
        """End a connection."""
        self._all = {fd: v for fd, v in self._all.items() if v is not visitor}
        visitor.line.close()

    def postpone(self, seconds: float) -> None:
        """Give all of them so much more time: it was us who did not run."""
        for visitor in self._all.values():
            visitor.until += seconds
