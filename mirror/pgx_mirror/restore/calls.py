"""Who hears what a restore does, and how it waits: pgx_postgres.running's Caller."""

from __future__ import annotations

import select
import time
from collections.abc import Callable

from pgx_base.failure import Failure
from pgx_postgres.running import startup

_EVERY = 10.0  # seconds


class Calls:
    """Tells *tell* of progress, and *warned* of what does no harm yet."""

    def __init__(
        self, tell: Callable[[str], None], warned: Callable[[Failure], None]
    ) -> None:
        self._tell, self._warned = tell, warned
        self._told = time.monotonic()

    def say(self, text: str) -> None:
        """Report progress."""
        self._tell(text)

    def warn(
        self, primary: str, *, detail: str | None = None, hint: str | None = None
    ) -> None:
        """Show a warning."""
        self._warned(Failure(primary, detail=detail, hint=hint))

    def phase(self, text: str) -> None:
        """What of a start or a stop is under way: a restore has phases of its own."""

    def note(self, text: str) -> None:
        """Details of a stop: nobody reads them here."""

    def doing(self, postmaster: int) -> None:
        """Tell now and then what a server does that recovers."""
        if time.monotonic() > self._told + _EVERY:
            self._told = time.monotonic()
            self._tell(startup.doing(postmaster).text)

    def wait(self, fds: list[int], seconds: float) -> list[int]:
        """Return those of *fds* that become readable within *seconds*."""
        poll = select.poll()
        for fd in fds:
            poll.register(fd, select.POLLIN)
        return [fd for fd, _ in poll.poll(max(0.0, seconds) * 1000)]
