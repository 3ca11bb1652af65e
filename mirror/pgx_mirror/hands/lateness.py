"""Time in which this controller did not run: it is nobody's silence.

A process that was stopped, or a machine that stood still, finds old times and unread words.
It may be stopped at any instruction, so each look at the clock asks how long that was.
"""

from __future__ import annotations

MUCH = 1.0  # seconds: what a turn takes, and what the scheduler withholds, is far less


class Lateness:
    """Tells how much of the time that has passed was not ours."""

    def __init__(self, now: float) -> None:
        self._expected = now

    def waits(self, until: float) -> None:
        """Time up to *until* passes because we wait."""
        self._expected = until

    def at(self, now: float) -> float:
        """Return the seconds up to *now* in which we neither ran nor waited; few are none."""
        late = now - self._expected
        self._expected = now
        return late if late >= MUCH else 0.0
