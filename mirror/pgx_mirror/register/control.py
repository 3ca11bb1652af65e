"""What `mc_arb stop` and `status` say to the arbitration process, and what they hear.

A word and a newline, from the same OS user; then one JSON object, and the end.
"""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pgx_base.failure import Failure
from pgx_mirror.register import house
from pgx_mirror.sockets.door import Door

STATUS, STOP, STOP_ANYHOW = "status", "stop", "stop -e"
WORDS = (STATUS, STOP, STOP_ANYHOW)
ANSWERS_WITHIN = 3.0  # seconds
_LONGEST_WORD = 64
_LONGEST_ANSWER = 64 * 1024
_MOST = 8


class NotRunning(Exception):
    """There is no arbitration process."""


class Silent(Exception):
    """There is one, and it does not answer."""


@dataclass(slots=True, eq=False)
class _Asker:
    sock: socket.socket
    until: float
    heard: bytes = b""


class Control:
    """The arbitration process's end of the control socket."""

    def __init__(self, listener: socket.socket) -> None:
        self._door = Door(listener)
        self._askers: list[_Asker] = []

    def interests(self) -> list[tuple[int, int]]:
        """Return descriptors and masks for a poll."""
        asked = [(asker.sock.fileno(), select.POLLIN) for asker in self._askers]
        return [*self._door.interests(), *asked]

    def words(
        self, ready: Iterable[int], now: float
    ) -> list[tuple[socket.socket, str]]:
        """Return who has asked what; each is answered by `answer`."""
        found = []
        there = set(ready)
        for asker in list(self._askers):
            if asker.sock.fileno() in there:
                found += self._read(asker)
            elif now >= asker.until:
                self._forget(asker)
        if self._door.fileno() in there:
            for sock, _ in self._door.accept(1):
                self._let_in(sock, now)
        return found

    def close(self) -> None:
        """End it all."""
        for asker in list(self._askers):
            self._forget(asker)
        self._door.close()

    def _let_in(self, sock: socket.socket, now: float) -> None:
        sock.setblocking(False)
        if user_of(sock) not in (os.geteuid(), 0):
            sock.close()
            return
        if len(self._askers) >= _MOST:
            self._forget(self._askers[0])
        self._askers.append(_Asker(sock, now + ANSWERS_WITHIN))

    def _read(self, asker: _Asker) -> list[tuple[socket.socket, str]]:
        try:
            data = asker.sock.recv(_LONGEST_WORD)
        except OSError:
            data = b""
        asker.heard += data
        word, newline, _ = asker.heard.partition(b"\n")
        text = word.decode("ascii", "replace")
        if newline and text in WORDS:
            self._askers.remove(asker)
            return [(asker.sock, text)]
        if newline or not data or len(asker.heard) > _LONGEST_WORD:
            self._forget(asker)
        return []

    def _forget(self, asker: _Asker) -> None:
        self._askers.remove(asker)
        asker.sock.close()


def answer(sock: socket.socket, found: dict[str, Any]) -> None:
    """Say *found*, if whoever asked is still there, and end the connection."""
    try:
        sock.send(json.dumps(found).encode() + b"\n")  # a socket's buffer holds it
    except OSError:
        pass
    sock.close()


def ask(mcdir: str, word: str) -> dict[str, Any]:
    """Return what the arbitration process in *mcdir* answers to *word*.

    It waits for that at most ANSWERS_WITHIN.  Raises NotRunning, Silent, Failure.
    """
    with house.visited(mcdir) as dir_fd:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            return _asked(sock, dir_fd, word)
        except (FileNotFoundError, ConnectionRefusedError) as ex:
            raise (Silent if house.is_running(dir_fd) else NotRunning)() from ex
        except (TimeoutError, BlockingIOError) as ex:
            raise Silent from ex
        except OSError as ex:
            raise Failure(
                f"could not ask the arbitration process: {ex.strerror}"
            ) from ex
        finally:
            sock.close()


def _asked(sock: socket.socket, dir_fd: int, word: str) -> dict[str, Any]:
    # The kernel's own limit: a connection to a full queue waits for so long.
    limit = struct.pack("ll", int(ANSWERS_WITHIN), 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
    sock.connect(house.through(dir_fd, house.SOCKET))
    if user_of(sock) != os.geteuid():
        raise Failure("the control socket is another user's")
    until = time.monotonic() + ANSWERS_WITHIN
    sock.settimeout(ANSWERS_WITHIN)
    sock.sendall(word.encode() + b"\n")
    heard = b""
    while not heard.endswith(b"\n"):
        sock.settimeout(max(0.001, until - time.monotonic()))
        data = sock.recv(4096)
        heard += data
        if not data or len(heard) > _LONGEST_ANSWER:
            raise Silent
    found = json.loads(heard)
    assert isinstance(found, dict)
    return found


def user_of(sock: socket.socket) -> int:
    """Return the user id of the other end."""
    size = struct.calcsize("3i")
    data = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return int(struct.unpack("3i", data)[1])
