"""Where others connect, for a loop that polls: one that cannot let anybody in is left alone.

Without a free descriptor a listener stays ready, and a loop that polls it would spin.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator
from typing import Any

CLOSED_FOR = 1.0  # seconds after an accept that has failed


class Door:
    """The listener *sock*, which does not block."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._closed_until = 0.0

    def fileno(self) -> int:
        """Return its descriptor."""
        return self.sock.fileno()

    @property
    def is_shut(self) -> bool:
        """Whether nobody is let in for now: there was no descriptor for it."""
        return time.monotonic() < self._closed_until

    def interests(self) -> list[tuple[int, int]]:
        """Return what to poll for: nothing while it is shut."""
        return [] if self.is_shut else [(self.sock.fileno(), select.POLLIN)]

    def accept(self, most: int) -> Iterator[tuple[socket.socket, Any]]:
        """Yield each connection that waits, and its address, up to *most* of them."""
        for _ in range(most):
            try:
                found = self.sock.accept()
            except (BlockingIOError, ConnectionError):
                return
            except OSError:
                self._closed_until = time.monotonic() + CLOSED_FOR
                return
            yield found

    def close(self) -> None:
        """Close it."""
        self.sock.close()
