"""When a primary begins to arm for its standby, and when it gives that up.

Volatile: a controller that is killed while it arms takes the names out at its next start.
"""

from __future__ import annotations

from pgx_mirror.core.facts import (
    CONF,
    MARK,
    PROOF,
    PROVING_OFF,
    RELEASING,
    Arming,
    Facts,
)
from pgx_mirror.core.known import basics, joining
from pgx_mirror.core.known.arming import given_up
from pgx_mirror.core.known.times import PROVED_OFF_WITHIN
from pgx_mirror.core.mark import PAIR


def plan(facts: Facts, now: float) -> Facts:
    """Return *facts* with an arming begun, or given up, where it is time for that."""
    if facts.busy & {MARK, CONF} or facts.unsure:
        return facts  # what is durable is not known: a name may not go while PAIR comes
    if facts.arming is None:
        ready = PROOF not in facts.busy and joining.can_join(facts, now)
        return _begun(facts, now) if ready else facts
    return facts if _goes_on(facts, facts.arming, now) else given_up(facts, now)


def _begun(facts: Facts, now: float) -> Facts:
    theirs = basics.peer_mark(facts)
    assert theirs is not None
    number = facts.armings + 1
    challenge = f"{facts.terms.incarnation}/{number}"
    arming = Arming(PROVING_OFF, theirs.generation, challenge, now)
    return facts.but(arming=arming, armings=number)


def _goes_on(facts: Facts, arming: Arming, now: float) -> bool:
    """Whether it is for the standby that is heard, and does not hold up commits too long."""
    theirs = basics.peer_mark(facts)
    if arming.stage == RELEASING:
        return basics.is_in(facts, PAIR) and now < ends_at(facts, arming)
    return (
        now < ends_at(facts, arming)
        and theirs is not None
        and theirs.generation == arming.generation
        and joining.may_go_on(facts, now)
    )


def ends_at(facts: Facts, arming: Arming) -> float:
    """Return when *arming* is given up if it has not come to its end."""
    off = arming.stage == PROVING_OFF
    return arming.since + (PROVED_OFF_WITHIN if off else facts.terms.held)
