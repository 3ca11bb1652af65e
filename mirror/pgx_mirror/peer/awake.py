"""A clock that stands still while this process does.  Pure.

After a stop of its own (SIGSTOP, a paused virtual machine) a controller finds every deadline
passed though it never looked at what had come: connections must not be given up for that.
"""

from __future__ import annotations

STEP = 1.0  # seconds between two looks, at most: the loop is asked to come that often
_LONGEST = 2 * STEP


class Awake:
    """Seconds that were lived through, by the loop's monotonic clock."""

    def __init__(self, now: float) -> None:
        self.time = 0.0
        self.now = now

    def at(self, now: float) -> float:
        """Return the time at *now*: a step longer than two STEPs counts as two."""
        self.time += min(max(now - self.now, 0.0), _LONGEST)
        self.now = max(now, self.now)
        return self.time

    def real(self, time: float) -> float:
        """Return when *time* will be on the loop's clock, if nothing stops it."""
        return self.now + (time - self.time)
