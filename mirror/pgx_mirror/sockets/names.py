"""A host name's addresses, looked up by a child process, since getaddrinfo may wait for minutes.

Who has a numeric address has no child.  What was found is kept, and used for as long as
nothing else is found: a name service that fails must not part a pair that it once joined.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys

from pgx_mirror.sockets.places import Place, numeric

DEADLINE = 5.0  # seconds that a look-up may take
FRESH = 60.0  # seconds for which an answer is not asked again
_AGAIN = 2.0  # seconds after a look-up that failed
_MOST = 4096  # bytes of an answer, and its addresses below
_ADDRESSES = 8
_CHILD = """
import socket, sys
try:
    found = socket.getaddrinfo(sys.argv[1], None, type=socket.SOCK_STREAM)
except OSError as ex:
    sys.exit(ex.strerror or "no answer")
print("".join(f"{host[0]}\\n" for _, _, _, _, host in found), end="")
"""


class Names:
    """What *host* and *port* lead to.  Nothing here waits; times are monotonic seconds."""

    def __init__(self, host: str, port: int) -> None:
        self.trouble = ""
        self._host, self._port = host, port
        self._places = _numeric(host, port)
        self._fixed = bool(self._places)
        self._child: subprocess.Popen[bytes] | None = None
        self._said = b""
        self._deadline = 0.0
        self._next = 0.0

    def places(self) -> tuple[Place, ...]:
        """Return what is known, in the name service's order; empty before the first answer."""
        return self._places

    def look(self, now: float) -> None:
        """Begin a look-up, where one is due."""
        if self._fixed or self._child is not None or now < self._next:
            return
        command = [sys.executable, "-I", "-S", "-c", _CHILD, self._host]
        pipe = subprocess.PIPE
        try:
            self._child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=subprocess.STDOUT
            )
        except OSError as ex:
            self._failed(f"could not look it up: {ex.strerror}", now)
            return
        os.set_blocking(self._fd(), False)
        self._said, self._deadline = b"", now + DEADLINE

    def interests(self) -> list[tuple[int, int]]:
        """Return what is to be polled."""
        return [] if self._child is None else [(self._fd(), select.POLLIN)]

    def ready(self, now: float) -> None:
        """Take what the child has said."""
        if self._child is None:
            return
        try:
            data = os.read(self._fd(), _MOST)
        except BlockingIOError:
            return
        self._said = (self._said + data)[:_MOST]
        if not data:
            self._answered(now)

    def tick(self, now: float) -> None:
        """End a look-up that takes too long."""
        if self._child is not None and now >= self._deadline:
            self.close()
            self._failed(f"no answer from the name service in {DEADLINE:g} s", now)

    def due(self) -> float | None:
        """Return when `tick` has something to do, None for never."""
        return None if self._child is None else self._deadline

    def close(self) -> None:
        """End a look-up, if there is one."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()  # killed, and it never touches a disk of ours
            assert child.stdout is not None
            child.stdout.close()

    def _fd(self) -> int:
        assert self._child is not None
        assert self._child.stdout is not None
        return self._child.stdout.fileno()

    def _answered(self, now: float) -> None:
        said = self._said.decode("utf-8", "replace")
        self.close()
        found: dict[Place, None] = {}
        for line in said.splitlines()[:_ADDRESSES]:
            found.update(dict.fromkeys(_numeric(line, self._port)))
        if not found:
            self._failed(" ".join(said.split())[:200] or "no answer", now)
            return
        self._places, self.trouble, self._next = tuple(found), "", now + FRESH

    def _failed(self, why: str, now: float) -> None:
        self.trouble, self._next = why, now + _AGAIN


def _numeric(host: str, port: int) -> tuple[Place, ...]:
    try:
        return numeric(host, port)
    except OSError:
        return ()


def wait_for(host: str, port: int) -> tuple[Place, ...]:
    """Return the places of *host*, waiting for at most DEADLINE.  Raises OSError.

    For a start, before there is a loop.
    """
    from time import monotonic

    names = Names(host, port)
    names.look(monotonic())
    while names.interests():
        select.select([fd for fd, _ in names.interests()], [], [], 0.1)
        names.ready(monotonic())
        names.tick(monotonic())
    if not names.places():
        raise OSError(names.trouble)
    return names.places()
