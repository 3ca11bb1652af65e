"""A standby that was given the pen, or has won it, and cannot be promoted: it gives it back."""

from __future__ import annotations

from pgx_mirror.core.facts import SERVER, Facts
from pgx_mirror.core.known import basics
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR
from pgx_mirror.core.report import DOWN


def gives_back(facts: Facts, now: float) -> bool:
    """Whether a standby that was to be promoted is stopped, and never was promoted.

    Only to a peer that is there to take it: else whoever has the pen keeps trying.
    """
    return (
        basics.is_in(facts, ALONE)
        and facts.standby
        and facts.server == DOWN
        and SERVER not in facts.busy
        and bool(facts.promote_failed or facts.start_failed)
        and _is_awaited(facts, now)
    )


def _is_awaited(facts: Facts, now: float) -> bool:
    """Whether the primary that we have taken the pen from is heard, and waits for us."""
    peer, theirs, mine = facts.peer, basics.peer_mark(facts), basics.mark(facts)
    return (
        peer is not None
        and theirs is not None
        and basics.is_heard(facts, now)
        and theirs.state in (PAIR, GIVEN)
        and theirs.peer_generation == mine.generation
        and basics.pair_epoch(theirs) == mine.pair
    )
