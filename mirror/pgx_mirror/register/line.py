"""A socket with a channel over it: one end of a connection, which never waits."""

from __future__ import annotations

import select
import socket

from pgx_mirror.wire.channel import Channel
from pgx_mirror.wire.refused import Refused

_PORTION = 64 * 1024  # bytes a turn: nobody keeps the others waiting
_MOST_UNREAD = 256 * 1024  # bytes; who reads so little does not live


class Parted(Exception):
    """The connection is no more, with the reason; *refused*: the other end's fault."""

    def __init__(self, why: str, refused: Refused | None = None) -> None:
        super().__init__(why)
        self.refused = refused


class Line:
    """One end of a connection; *sock* does not block, and belongs to it."""

    def __init__(self, sock: socket.socket, channel: Channel) -> None:
        self.socket, self.channel = sock, channel
        self._out = b""

    def fileno(self) -> int:
        """Return the descriptor for a poll."""
        return self.socket.fileno()

    def mask(self) -> int:
        """Return what a poll is to wait for."""
        return select.POLLIN | (select.POLLOUT if self._out else 0)

    def received(self) -> list[bytes]:
        """Return the payloads that have come.  Raises Parted."""
        try:
            data = self.socket.recv(_PORTION)
        except BlockingIOError:
            return []
        except OSError as ex:
            raise Parted(_text(ex)) from ex
        if not data:
            raise Parted("it has closed the connection")
        try:
            found = self.channel.incoming(data)
        except Refused as ex:
            self._refuse()
            raise Parted(str(ex), ex) from ex
        self.flush()  # what the handshake has to say next
        return found

    def say(self, payload: bytes) -> None:
        """Send *payload*, now or as soon as the other end reads.  Raises Parted."""
        self.channel.send(payload)
        self.flush()

    def flush(self) -> None:
        """Send what can be sent.  Raises Parted."""
        self._out += self.channel.outgoing()
        try:
            while self._out:
                sent = self.socket.send(self._out, socket.MSG_NOSIGNAL)
                self._out = self._out[sent:]
        except BlockingIOError:
            if len(self._out) > _MOST_UNREAD:
                raise Parted("it does not read") from None
        except OSError as ex:
            raise Parted(_text(ex)) from ex

    def close(self) -> None:
        """End it."""
        self.socket.close()

    def _refuse(self) -> None:
        """Tell the other end why, if that goes without waiting."""
        try:
            self.flush()
        except Parted:
            pass


def _text(problem: OSError) -> str:
    return problem.strerror or str(problem)
