"""How a connection to the peer is made, from either end: TLS and channel around a socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

from pgx_mirror.peer.pipe import Clear, Pipe
from pgx_mirror.peer.settings import Settings
from pgx_mirror.peer.stream import Stream
from pgx_mirror.peer.tls import Tls
from pgx_mirror.sockets.door import Door
from pgx_mirror.sockets.listening import listen
from pgx_mirror.sockets.names import Names
from pgx_mirror.sockets.places import Place
from pgx_mirror.wire.channel import CLIENT, SERVER, Channel
from pgx_mirror.wire.proof import NONCE

PURPOSE = b"peer"
RETRY = 0.5  # seconds from one dial to the next
_ACCEPTS = 16  # connections taken in one go, so that a flood does not hold up the loop
_AFTER_REFUSAL = 2.0  # seconds: what was wrong is put right by people


class Ends:
    """Where this controller listens, and how it dials the peer's."""

    def __init__(self, settings: Settings) -> None:
        """Listen.  Raises Failure; ValueError for a secret that is too short."""
        self._settings = settings
        self._channel(CLIENT, b"")
        host = settings.theirs.host
        self._tls = None if settings.tls is None else Tls(settings.tls, host)
        self.names = Names(host, settings.theirs.port)
        host, port = settings.mine.host, settings.mine.port
        self.doors = [Door(sock) for sock in listen(host, port)]
        self.next_dial = 0.0
        self._turn = 0

    def interests(self) -> list[tuple[int, int]]:
        """Return what is to be polled for who dials us."""
        return [wanted for door in self.doors for wanted in door.interests()]

    def accept(self, fd: int) -> Iterator[tuple[socket.socket, str]]:
        """Yield each connection that waits at the listener *fd*, and its numeric address."""
        for door in self.doors:
            if door.fileno() == fd:
                for sock, address in door.accept(_ACCEPTS):
                    yield sock, address[0]

    def accepted(self, sock: socket.socket, host: str, time: float) -> Stream:
        """Return the connection that *sock*, just accepted, is."""
        layer = Clear() if self._tls is None else self._tls.accepted()
        pipe = Pipe(layer, lambda binding: self._channel(SERVER, binding))
        return Stream.accepted(sock, pipe, host, time)

    def dial(self, time: float) -> Stream | None:
        """Begin a connection to the next of the peer's addresses, None while there is none.

        Raises OSError.
        """
        self.next_dial = time + RETRY
        places = self.names.places()
        if not places:
            return None
        self._turn += 1
        place = places[self._turn % len(places)]
        layer = Clear() if self._tls is None else self._tls.dialled()
        pipe = Pipe(layer, lambda binding: self._channel(CLIENT, binding))
        return Stream.dial(place, self._source(place.family), pipe, time)

    def was_refused(self, time: float) -> None:
        """Take longer until the next dial: the last one met somebody who refuses."""
        self.next_dial = time + _AFTER_REFUSAL

    def peers(self) -> set[str]:
        """Return the addresses that the peer dials from, as far as they are known."""
        return {place.host for place in self.names.places()}

    def close(self) -> None:
        """Close what listens, and end a look-up."""
        self.names.close()
        for door in self.doors:
            door.close()

    def _source(self, family: int) -> Place | None:
        """Return what to dial from: where we listen, so that the peer knows the address."""
        for door in self.doors:
            if door.sock.family == family:
                place = Place(family, door.sock.getsockname())
                return None if place.is_any else place
        return None

    def _channel(self, side: str, binding: bytes) -> Channel:
        settings = self._settings
        return Channel(
            settings.secret,
            settings.me,
            side,
            os.urandom(NONCE),
            PURPOSE,
            known=(settings.peer,),
            binding=binding,
        )
