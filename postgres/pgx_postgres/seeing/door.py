"""Does the postmaster let anybody in while we stand in front of a full queue?

Every connection that it accepts becomes a child, so a child that was not there at the
last look is somebody who was let in.  Nothing else tells it apart from a postmaster
that works and serves nobody: one that spins uses CPU time, and under load one that
serves takes no voluntary context switch.  One that is stopped, frozen or stuck in the
kernel has no new children.
"""

from __future__ import annotations

import math

from pgx_postgres.processes import children

_BETWEEN_LOOKS = 0.25  # seconds


class Door:
    """The way into one server, by the children of its *postmaster*."""

    def __init__(self, postmaster: int) -> None:
        self._postmaster = postmaster
        self._seen: frozenset[int] = frozenset()
        self.look_at = math.inf

    def has_let_in(self, wanted: bool, now: float) -> bool:
        """Whether somebody was let in since the last look; *wanted*: we stand outside."""
        if not wanted:
            self.look_at = math.inf
            return False
        first = self.look_at == math.inf
        if not first and now < self.look_at:
            return False
        self.look_at = now + _BETWEEN_LOOKS
        before, self._seen = self._seen, frozenset(children.of(self._postmaster))
        return not first and not self._seen <= before
