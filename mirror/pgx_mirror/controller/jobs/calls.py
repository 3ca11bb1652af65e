"""What a hand brings to a start or a stop: pgx_postgres.running's Caller."""

from __future__ import annotations

import select

from pgx_mirror.hands.line import Line


class Calls:
    """Tells the controller what is done; waits by poll, and is ended by a signal alone."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.warnings: list[str] = []

    def say(self, text: str) -> None:
        """Report progress."""
        self._line.say(text)

    def warn(
        self, primary: str, *, detail: str | None = None, hint: str | None = None
    ) -> None:
        """Keep a warning, and report it."""
        text = " ".join(filter(None, [primary, detail, hint]))
        self.warnings.append(text)
        self._line.say(text)

    def phase(self, text: str) -> None:
        """Report what is being done."""
        self._line.say(text)

    def note(self, text: str) -> None:
        """Details of a stop: nobody reads them here."""

    def wait(self, fds: list[int], seconds: float) -> list[int]:
        """Return those of *fds* that become readable within *seconds*."""
        poll = select.poll()
        for fd in fds:
            poll.register(fd, select.POLLIN)
        return [fd for fd, _ in poll.poll(max(0.0, seconds) * 1000)]
