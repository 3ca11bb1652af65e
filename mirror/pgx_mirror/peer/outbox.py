"""What is to be said to the peer, whichever connection it goes over.  Pure; bounded.

Of reports only the latest counts: one that nobody has taken yet is replaced.  A request is
handed to one connection once: whether it came is not known, so its answer is waited for by
whoever asked, and it is asked again by them.
"""

from __future__ import annotations

from collections import deque

from pgx_mirror.core.report import Report
from pgx_mirror.peer.codec import Numbered, Request, written

REQUESTS = 16


class Outbox:
    """The latest report, and the requests that wait."""

    def __init__(self) -> None:
        self.number = 0
        self._report = b""
        self._requests: deque[bytes] = deque()

    def say(self, report: Report) -> None:
        """Put *report* in the place of the one before it."""
        self.number += 1
        self._report = written(Numbered(self.number, report))

    def ask(self, request: dict[str, object]) -> bool:
        """Add *request*; False where too many wait.  Raises ValueError for one too long."""
        payload = written(Request(request))
        if len(self._requests) >= REQUESTS:
            return False
        self._requests.append(payload)
        return True

    def request(self) -> bytes | None:
        """Return the next request, which is forgotten here; None without one."""
        return self._requests.popleft() if self._requests else None

    @property
    def report(self) -> bytes:
        """The latest report's payload, empty before the first."""
        return self._report

    @property
    def asks(self) -> bool:
        """Whether a request waits."""
        return bool(self._requests)

    def forget_requests(self) -> None:
        """Drop the requests: nobody is there to hear them."""
        self._requests.clear()
