"""A switch that is asked for on the standby: its primary does it, and may die over it.  Pure."""

from __future__ import annotations

import math

from pgx_mirror.core.deciding.outcome import DONE, Outcome
from pgx_mirror.core.facts import Facts
from pgx_mirror.core.known import basics
from pgx_mirror.core.mark import ALONE, PAIR
from pgx_mirror.core.report import UP

_AGAIN = (
    "See mc_ctl status; where this standby has not taken over, run mc_ctl switch again."
)
NOT_CONNECTED = Outcome(
    "the primary's controller is not connected just now", "Run mc_ctl switch again."
)


class Forwarded:
    """Whether somebody waits for one, and for how long at the most."""

    def __init__(self) -> None:
        self._until, self._by = -math.inf, ""

    @property
    def is_waited_for(self) -> bool:
        """Whether one was handed on, and nobody has said yet what came of it."""
        return self._until > -math.inf

    def begin(self, facts: Facts, now: float) -> None:
        """It is handed on: the primary says within its own patience what comes of it."""
        self._until = now + facts.terms.patience + facts.terms.limit
        self._by = facts.peer.incarnation if facts.peer is not None else ""

    def over(self) -> None:
        """Nobody waits for it any more."""
        self._until = -math.inf

    def outcome(self, facts: Facts, now: float) -> Outcome | None:
        """Return how it has ended, None while that is open, or there is none."""
        if not self.is_waited_for:
            return None
        if not facts.standby and facts.server == UP:
            return DONE
        if not (basics.is_heard(facts, now) or basics.is_in(facts, ALONE)):
            return Outcome("the primary's controller does not answer any more", _AGAIN)
        if self._is_forgotten(facts):
            return Outcome("the primary's controller was begun anew meanwhile", _AGAIN)
        if now >= self._until:
            return Outcome("nobody has said in time what has come of it", _AGAIN)
        return None

    def _is_forgotten(self, facts: Facts) -> bool:
        """Whether the controller that had it has died before anything was promised by it."""
        peer, theirs = facts.peer, basics.peer_mark(facts)
        another = peer is not None and peer.incarnation != self._by
        return another and theirs is not None and theirs.state == PAIR


def overtaken(facts: Facts) -> Outcome:
    """Return what an action is told whose servers are stopped meanwhile by the other's word."""
    return Outcome(
        f'mc_ctl stop -a on server "{facts.terms.other}" has come meanwhile: both servers '
        "are stopped",
        "Start them again, the primary first; mc_ctl status then says how far it has come.",
    )
