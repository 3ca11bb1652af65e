"""The end of what a program says: all of it is read, a little is kept.  Pure."""

from __future__ import annotations

LINES = 5
_LONGEST = 300  # characters of a line
_KEPT = 16 * 1024  # bytes


class Output:
    """Takes bytes, and has the last lines."""

    def __init__(self) -> None:
        self._tail = b""

    def take(self, data: bytes) -> None:
        """Take what has come."""
        self._tail = (self._tail + data)[-_KEPT:]

    def lines(self) -> tuple[str, ...]:
        """Return the last lines that are not empty, each cut where it is very long."""
        text = self._tail.decode("utf-8", "replace")
        found = [line.strip()[:_LONGEST] for line in text.splitlines()]
        return tuple([line for line in found if line][-LINES:])
