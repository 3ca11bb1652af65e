"""The first mark of a primary, by an operator's word: what others know of its pair counts too.

A directory without a good mark has lost what it promised: it was recovered from a backup, or
is a new one.  Its standby, and the register, may still be of a pair in which that standby
can take over.  So the pen of that pair is asked for, by compare-and-set, before commits pass.
"""

from __future__ import annotations

from pgx_mirror.core import cell as cells
from pgx_mirror.core.facts import ARBITRATION, Facts
from pgx_mirror.core.known import basics
from pgx_mirror.core.known.times import ASKS_FOR
from pgx_mirror.core.mark import ALONE, PAIR, SYNC, Mark


def may_be_marked(facts: Facts, now: float) -> bool:
    """Whether a directory without a mark gets its first: a primary's not unasked."""
    fresh = facts.fresh
    if facts.mark is not None or fresh is None:
        return False
    if fresh.state != ALONE:
        return True
    if is_forbidden(facts, now) or has_heir(facts, now):
        return False
    return _is_told(facts, fresh) or now >= facts.began + ASKS_FOR


def is_forbidden(facts: Facts, now: float) -> bool:
    """Whether the other server says that it is the primary, so that this one may not be."""
    peer, theirs = facts.peer, basics.peer_mark(facts)
    if peer is None or theirs is None or not basics.is_heard(facts, now):
        return False
    return theirs.state in (PAIR, ALONE)


def has_heir(facts: Facts, now: float) -> bool:
    """Whether the other server is in sync with what was here: it has all that was acknowledged.

    A directory that was recovered has not; one that has lost its mark alone is no better.
    """
    fresh, theirs = facts.fresh, basics.peer_mark(facts)
    if fresh is None or theirs is None or not basics.is_heard(facts, now):
        return False
    return (fresh.state, theirs.state) == (
        ALONE,
        SYNC,
    ) and fresh.system == theirs.system


def _is_told(facts: Facts, fresh: Mark) -> bool:
    """Whether the register has said what it knows, or where that is not all the peer."""
    if facts.terms.policy != ARBITRATION:
        return facts.peer is not None
    cell = facts.cell
    knows_more = cell is not None and (
        cell.who != fresh.owner
        or cell.state == cells.PAIR  # whose standby may be there
    )
    return bool(facts.register) and not (knows_more and facts.peer is None)


def mark_of(facts: Facts) -> Mark:
    """Return the first mark, beyond what the register and the other server know."""
    fresh, theirs = facts.fresh, basics.peer_mark(facts)
    assert fresh is not None
    if fresh.state != ALONE:
        return fresh
    cell = facts.cell if facts.terms.policy == ARBITRATION else None
    if cell is not None and cell.state == cells.PAIR:
        return unknown_pair(fresh, facts)
    known = [of.epoch + 2 for of in (cell, theirs) if of is not None and of.epoch]
    return fresh.to(ALONE, max(fresh.epoch, *known) if known else fresh.epoch)


def knows_a_pair(facts: Facts) -> bool:
    """Whether the register, reached late, has a pair that a primary without one does not know.

    It never has, but of a directory whose mark was lost or is an old one: a holder's epoch
    is beyond all pairs before it.
    """
    cell = facts.cell
    return (
        basics.is_in(facts, ALONE)
        and not facts.standby
        and facts.terms.policy == ARBITRATION
        and bool(facts.register)
        and cell is not None
        and cell.state == cells.PAIR
        and cell.epoch >= basics.mark(facts).epoch
    )


def unknown_pair(of: Mark, facts: Facts) -> Mark:
    """Return *of* as a primary's in the register's pair, with a standby that it cannot name."""
    assert facts.cell is not None
    return of.to(
        PAIR,
        facts.cell.epoch,
        pair=0,
        peer_generation="",
        policy=ARBITRATION,
        register=facts.register,
    )


def is_of_unknown_pair(mark: Mark) -> bool:
    """Whether a primary's PAIR names no standby: its pen is asked for at once."""
    return mark.state == PAIR and not mark.peer_generation
