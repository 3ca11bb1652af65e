"""One TCP connection to the peer, or to somebody who may be: never waited for."""

from __future__ import annotations

import errno
import os
import select
import socket

from pgx_mirror.peer.codec import Said
from pgx_mirror.peer.outbox import Outbox
from pgx_mirror.peer.pipe import Pipe
from pgx_mirror.peer.talk import Talk
from pgx_mirror.sockets.places import Place
from pgx_mirror.wire.refused import Refused

_PORTION = 64 * 1024
# What the kernel may hold of ours: old reports are worth nothing.
_SEND_BUFFER = 64 * 1024


class Closed(Exception):
    """The connection is over: closed by the other end, or broken."""


class Stream:
    """A connection, from the moment it is dialled or accepted.

    began    when that was;  last_heard: when something authentic came last
    since    the same as began by the loop's clock, which goes on while this process is stopped
    rank     0 until the peer has proved itself and said hello, then higher the later that was
    dialled  whether it was this server that dialled
    host     the other end's numeric address
    """

    def __init__(self, sock: socket.socket, pipe: Pipe, host: str, now: float) -> None:
        self.began, self.last_heard = now, now
        self.since = 0.0
        self.rank = 0
        self.dialled = False
        self.host = host
        self.talk: Talk | None = None
        self.connecting = False
        self._sock, self._pipe = sock, pipe
        self._out = b""

    @classmethod
    def dial(cls, place: Place, source: Place | None, pipe: Pipe, now: float) -> Stream:
        """Begin to connect to *place*, from *source* where there is one.  Raises OSError."""
        sock = socket.socket(place.family, socket.SOCK_STREAM)
        try:
            _tune(sock)
            if source is not None:
                sock.bind(source.at(0).address)
            code = sock.connect_ex(place.address)
            if code not in (0, errno.EINPROGRESS):
                raise OSError(code, os.strerror(code))
        except OSError:
            sock.close()
            raise
        stream = cls(sock, pipe, place.host, now)
        stream.dialled = stream.connecting = True
        return stream

    @classmethod
    def accepted(cls, sock: socket.socket, pipe: Pipe, host: str, now: float) -> Stream:
        """Take over *sock*, which a listener has accepted."""
        _tune(sock)
        return cls(sock, pipe, host, now)

    @property
    def fd(self) -> int:
        """The socket's descriptor, -1 when it is closed."""
        return self._sock.fileno()

    @property
    def authentic(self) -> bool:
        """Whether the peer has proved itself."""
        return self._pipe.open

    @property
    def who(self) -> str:
        """Who has proved itself."""
        return self._pipe.who

    def wants(self, outbox: Outbox | None) -> int:
        """Return the events to be polled for; *outbox* where this one speaks."""
        if self.connecting:
            return select.POLLOUT
        more = self._out or (self.talk is not None and self.talk.has_more(outbox))
        return select.POLLIN | (select.POLLOUT if more else 0)

    def connected(self) -> None:
        """Learn what became of a dial, if it is known yet.  Raises Closed."""
        code = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise Closed(os.strerror(code).lower())
        try:
            met_itself = self._sock.getsockname() == self._sock.getpeername()
        except OSError:
            return  # still under way
        # A port that nobody listens at may be the one that this end was given.
        if met_itself:
            raise Closed("nobody listens there")
        self.connecting = False

    def read(self) -> list[bytes]:
        """Return the payloads that have come.  Raises Closed, Refused."""
        try:
            data = self._sock.recv(_PORTION)
        except (BlockingIOError, InterruptedError):
            return []
        except OSError as ex:
            raise Closed((ex.strerror or "broken").lower()) from ex
        if not data:
            raise Closed("the other end closed it")
        try:
            return self._pipe.incoming(data)
        except Refused:
            self._say_why()
            raise

    def take(self, payload: bytes, now: float) -> Said:
        """Return what *payload* says.  Raises Refused."""
        assert self.talk is not None
        self.last_heard = now
        return self.talk.take(payload)

    def introduce(self, hello: bytes) -> None:
        """Say *hello* next, where the peer has proved itself."""
        if self.talk is not None:
            self.talk.introduce(hello)

    def write(self, outbox: Outbox | None, now: float) -> None:
        """Send what there is, as far as the socket takes it.  Raises Closed."""
        while not self.connecting:
            self._out = self._out or self._pipe.outgoing() or self._next(outbox, now)
            if not self._out:
                return
            try:
                sent = self._sock.send(self._out, socket.MSG_NOSIGNAL)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as ex:
                raise Closed((ex.strerror or "broken").lower()) from ex
            self._out = self._out[sent:]

    def _next(self, outbox: Outbox | None, now: float) -> bytes:
        """Return the next payload's bytes, taken only now that all before have left."""
        payload = None if self.talk is None else self.talk.next(outbox, now)
        if payload is None:
            return b""
        self._pipe.send(payload)
        return self._pipe.outgoing()

    def _say_why(self) -> None:
        """Send a refusal, if the socket takes it at once."""
        try:
            self._sock.send(self._pipe.outgoing(), socket.MSG_NOSIGNAL)
        except OSError:
            pass  # whoever it is has not earned more

    def close(self) -> None:
        """Close it; nothing is said, so a child that inherited it may do so too."""
        self._sock.close()


def _tune(sock: socket.socket) -> None:
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
