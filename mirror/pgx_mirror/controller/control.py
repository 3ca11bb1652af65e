"""The control socket, as the controller has it: questions of mc_ctl come, answers go.

Made for a loop with one poll: nothing here waits.  A client that says nothing, says too
much or never reads does no harm: what is kept for each is bounded, and so is their number.
One action at a time: the lock is the connection, so it ends with whoever holds it.
"""

from __future__ import annotations

import os
import select
import socket
import stat
import struct
from contextlib import suppress
from dataclasses import dataclass, field

from pgx_base.failure import Failure, Passing
from pgx_base.text import quoted
from pgx_mirror.controller import place, words
from pgx_mirror.sockets.door import Door

MOST = 64  # connections
_BACKLOG = 128
_PILE = 1 << 18  # bytes of answers that a client has not read


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asks; *pid* is told by the kernel."""

    connection: int
    verb: str
    options: frozenset[str]
    pid: int


@dataclass(frozen=True, slots=True)
class Gone:
    """Whoever had asked has left before the last word: nobody waits for it any more."""

    connection: int
    verb: str


Event = Request | Gone


@dataclass(slots=True)
class _Client:
    sock: socket.socket
    pid: int
    heard: bytes = b""
    verb: str = ""
    pile: bytearray = field(default_factory=bytearray)
    answered: bool = False

    @property
    def acts(self) -> bool:
        return self.verb in words.ACTIONS and not self.answered


class Listener:
    """The socket, and the connections to it; a connection's id is never used again."""

    def __init__(self, sock: socket.socket, mcdir: str, server: str) -> None:
        self._door, self._mcdir, self._server = Door(sock), mcdir, server
        self._clients: dict[int, _Client] = {}
        self._by_fd: dict[int, int] = {}
        self._last = 0

    @classmethod
    def open(cls, mcdir: str, server: str) -> Listener:
        """Listen for *server*, in place of a socket that a killed controller has left.

        To be called by the holder of the lock alone (`holding`).  Raises Failure.
        """
        name = place.socket_name(server)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            with place.opened(mcdir) as dir_fd:
                _remove(dir_fd, name)
                _bind(sock, place.through(dir_fd, name))
            sock.listen(_BACKLOG)
        except OSError as ex:
            sock.close()
            raise Failure(
                f"could not listen on control socket {quoted(f'{mcdir}/{name}')}:"
                f" {ex.strerror or ex}"
            ) from ex
        return cls(sock, mcdir, server)

    def fileno(self) -> int:
        """Return the descriptor that is to be kept by whoever detaches."""
        return self._door.fileno()

    def close(self) -> None:
        """Leave: nobody is answered any more, and the socket's file is removed."""
        for connection in list(self._clients):
            self._drop(connection)
        self._door.close()
        try:
            with place.opened(self._mcdir) as dir_fd:
                _remove(dir_fd, place.socket_name(self._server))
        except (Failure, OSError):
            pass  # a socket without a listener refuses, which says the same

    def interests(self) -> list[tuple[int, int]]:
        """Return what to poll for: each descriptor with its mask."""
        wanted = self._door.interests()
        for client in self._clients.values():
            mask = select.POLLIN | (select.POLLOUT if client.pile else 0)
            wanted.append((client.sock.fileno(), mask))
        return wanted

    def ready(self, fd: int, mask: int) -> list[Event]:
        """Return what has happened on *fd*, of which poll has told *mask*."""
        if fd == self._door.fileno():
            return self._accept()
        connection = self._by_fd.get(fd)
        if connection is None:
            return []  # dropped since the poll
        if mask & select.POLLOUT:
            self._send(connection)
        if mask & ~select.POLLOUT and connection in self._clients:
            return self._receive(connection)
        return []

    def progress(self, connection: int, text: str) -> None:
        """Tell *connection* what is being done; one that has left is no error."""
        self._say(connection, words.Progress(text))

    def warn(self, connection: int, what: Failure) -> None:
        """Tell *connection* what it should know besides."""
        self._say(connection, words.Warned(what))

    def reply(self, connection: int, last: words.Done | words.Refused) -> None:
        """Give *connection* the last word; the next action may come."""
        self._say(connection, last)

    def _accept(self) -> list[Event]:
        for sock, _ in self._door.accept(1):
            return self._let_in(sock)
        return self._make_room() if self._door.is_shut else []

    def _let_in(self, sock: socket.socket) -> list[Event]:
        sock.setblocking(False)
        pid, uid = credentials(sock)
        if uid != os.geteuid():
            sock.close()
            return []
        self._last += 1
        self._clients[self._last] = _Client(sock, pid)
        self._by_fd[sock.fileno()] = self._last
        return self._make_room() if len(self._clients) > MOST else []

    def _make_room(self) -> list[Event]:
        """Drop who has waited longest: of the silent, then of those who do not read."""
        order = sorted(
            (client.acts, bool(client.verb), connection)
            for connection, client in self._clients.items()
        )
        return self._leave(order[0][2]) if order and not order[0][0] else []

    def _receive(self, connection: int) -> list[Event]:
        client = self._clients[connection]
        try:
            data = client.sock.recv(words.LONGEST_QUESTION)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        client.heard += data
        if not data or client.verb or len(client.heard) > words.LONGEST_QUESTION:
            return self._leave(connection)
        if not client.heard.endswith(b"\n"):
            return []
        return self._asked(connection, client)

    def _asked(self, connection: int, client: _Client) -> list[Event]:
        try:
            question = words.asked(client.heard)
        except words.Garbled:
            return self._leave(connection)
        client.heard = b""
        if busy := self._busy(question.verb):
            client.verb = question.verb
            self._say(connection, words.Refused((busy,)))
            return []
        client.verb = question.verb
        self._say(connection, words.Accepted(os.getpid()))
        return [Request(connection, question.verb, question.options, client.pid)]

    def _busy(self, verb: str) -> Failure | None:
        for client in self._clients.values():
            if client.acts and verb in words.ACTIONS:
                return Passing(
                    f"mc_ctl {client.verb} is being executed",
                    detail=f"It is process {client.pid} on this server.",
                    hint="Wait until it has ended, or end it.",
                )
        return None

    def _say(self, connection: int, said: words.Answer) -> None:
        client = self._clients.get(connection)
        if client is None or client.answered:
            return
        client.answered = isinstance(said, words.Done | words.Refused)
        client.pile += words.answer(said)
        self._send(connection)

    def _send(self, connection: int) -> None:
        client = self._clients[connection]
        try:
            while client.pile:
                del client.pile[: client.sock.send(client.pile, socket.MSG_NOSIGNAL)]
        except BlockingIOError:
            pass
        except OSError:
            self._drop_unread(connection)
            return
        if len(client.pile) > _PILE or (client.answered and not client.pile):
            self._drop_unread(connection)

    def _drop_unread(self, connection: int) -> None:
        """Drop who is answered at once; who is not is seen to be gone by the next poll."""
        client = self._clients[connection]
        if client.answered or not client.verb:
            self._drop(connection)
        else:
            client.pile.clear()
            with suppress(OSError):
                client.sock.shutdown(socket.SHUT_RDWR)

    def _leave(self, connection: int) -> list[Event]:
        client = self._clients[connection]
        self._drop(connection)
        waited = client.verb and not client.answered
        return [Gone(connection, client.verb)] if waited else []

    def _drop(self, connection: int) -> None:
        client = self._clients.pop(connection)
        del self._by_fd[client.sock.fileno()]
        client.sock.close()


def credentials(sock: socket.socket) -> tuple[int, int]:
    """Return PID and uid of the other end's process, as the kernel has noted them."""
    told = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    pid, uid, _ = struct.unpack("3i", told)
    return pid, uid


def _remove(dir_fd: int, name: str) -> None:
    """Remove a socket; what is none is left, and stands in the way."""
    try:
        if stat.S_ISSOCK(os.lstat(name, dir_fd=dir_fd).st_mode):
            os.unlink(name, dir_fd=dir_fd)
    except FileNotFoundError:
        pass


def _bind(sock: socket.socket, path: str) -> None:
    before = os.umask(0o177)
    try:
        sock.bind(path)
    finally:
        os.umask(before)
