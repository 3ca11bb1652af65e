"""A standby: whether it can take over, must answer, leaves, or gives the pen back."""

from __future__ import annotations

from pgx_mirror.core.facts import DETACH, RUN, SERVER, STOP, SWITCH, Facts
from pgx_mirror.core.known import basics
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, SYNC, Mark
from pgx_mirror.core.report import DOWN, UP


def is_able(facts: Facts) -> bool:
    """Whether this standby could be promoted now."""
    seen = facts.seen
    return (
        facts.server == UP
        and not facts.fault
        and not facts.disk
        and seen is not None
        and seen.recovery
        and not seen.unable
    )


def is_given(facts: Facts) -> bool:
    """Whether the primary of our epoch has given the pen: its mark says so, its server is down."""
    peer, theirs = facts.peer, basics.peer_mark(facts)
    return (
        basics.is_in(facts, SYNC)
        and peer is not None
        and theirs is not None
        and theirs.state == GIVEN
        and theirs.pair == basics.mark(facts).epoch
        and theirs.peer_generation == basics.mark(facts).generation
        and peer.server == DOWN
    )


def told_sync(facts: Facts) -> Mark | None:
    """Return the primary's PAIR that means us and that we have not marked yet."""
    peer, theirs = facts.peer, basics.peer_mark(facts)
    if peer is None or theirs is None or not basics.is_in(facts, NEW, OUT, SYNC):
        return None
    mine = basics.mark(facts)
    means_us = theirs.state == PAIR and theirs.peer_generation == mine.generation
    later = theirs.epoch > mine.epoch
    return theirs if means_us and later and peer.granted and facts.standby else None


def answers_out(facts: Facts) -> int:
    """Return the epoch to promise, where the primary must hear that we are out; else 0.

    Asked by a primary in PAIR(e), or in GIVEN of e, that means our generation: whenever we
    are not in sync in e and cannot become it.
    """
    theirs = basics.peer_mark(facts)
    if theirs is None or not basics.is_in(facts, NEW, OUT, SYNC):
        return 0
    mine = basics.mark(facts)
    asks = theirs.state in (PAIR, GIVEN) and theirs.peer_generation == mine.generation
    if not asks or is_running_primary(facts):
        return 0
    pair = basics.pair_epoch(theirs)
    in_sync = mine.state == SYNC and mine.epoch >= pair
    never = (
        not facts.standby
        or (mine.state == OUT and mine.epoch >= pair)
        or (theirs.state == GIVEN and not in_sync)
    )
    promise = max(mine.epoch, pair + 2)
    return promise if never and (mine.state, mine.epoch) != (OUT, promise) else 0


def is_running_primary(facts: Facts) -> bool:
    """Whether a server that is no standby may run on a standby's mark: promoted by hand."""
    return (
        not facts.standby
        and basics.is_in(facts, SYNC, OUT, NEW)
        and facts.server != DOWN
    )


def why_out(facts: Facts) -> str:
    """Return why a standby in sync leaves the pair, empty if it does not."""
    if not basics.is_in(facts, SYNC):
        return ""
    peer, theirs = facts.peer, basics.peer_mark(facts)
    ended = peer is not None and theirs is not None and bool(peer.ending)
    if (
        ended
        and theirs is not None
        and basics.pair_epoch(theirs) == basics.mark(facts).epoch
    ):
        assert peer is not None
        return peer.ending
    if facts.wish in (STOP, DETACH):
        return facts.wish
    if facts.failover and facts.fault:
        return facts.fault
    return facts.disk if facts.failover else ""


def takes_over(facts: Facts, now: float) -> bool:
    """A standby: its primary is silent, or says itself that it cannot give the pen."""
    if not (basics.is_in(facts, SYNC) and facts.standby and is_able(facts)):
        return False
    if facts.stays_out:
        return False
    stuck = facts.peer is not None and facts.peer.stuck and basics.is_heard(facts, now)
    if facts.wish == SWITCH:
        return basics.silent(facts, now)
    return facts.wish == RUN and facts.failover and (basics.silent(facts, now) or stuck)


def gives_back(facts: Facts) -> bool:
    """Whether a standby that was to be promoted is stopped, and never was promoted."""
    return (
        basics.is_in(facts, ALONE)
        and facts.standby
        and facts.server == DOWN
        and SERVER not in facts.busy
        and bool(facts.promote_failed)
    )
