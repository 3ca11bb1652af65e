"""Arming: whether the standby may be joined, has answered, and stands alone under its name."""

from __future__ import annotations

from pgx_mirror.core import cell as cells
from pgx_mirror.core.facts import ARBITRATION, ASKING, DETACH, STOP, SWITCH, Facts
from pgx_mirror.core.known import basics
from pgx_mirror.core.mark import ALONE, NEW, OUT, SYNC, Mark
from pgx_mirror.core.report import UP, Report
from pgx_mirror.core.seen import Seen, Sender


def can_join(facts: Facts, now: float) -> bool:
    """Whether a primary that is alone may begin to arm for the standby that it hears."""
    seen = facts.seen
    streams = seen is not None and any(row.state == "streaming" for row in seen.senders)
    return streams and now >= facts.not_before and may_go_on(facts, now)


def may_go_on(facts: Facts, now: float) -> bool:
    """Whether an arming for the standby that is heard may go on."""
    peer, theirs, seen = facts.peer, basics.peer_mark(facts), facts.seen
    return (
        basics.is_in(facts, ALONE)
        and not facts.standby
        and facts.server == UP
        and not (facts.fault or facts.disk or facts.poisoned or facts.conf_failed)
        and bool(facts.real_name)
        and facts.wish not in (STOP, SWITCH, DETACH)
        and peer is not None
        and theirs is not None
        and seen is not None
        and basics.is_heard(facts, now)
        and basics.is_fit(peer)
        and _may_be_joined(facts, peer, theirs)
    )


def _may_be_joined(facts: Facts, peer: Report, theirs: Mark) -> bool:
    return (
        peer.standby
        and peer.server == UP
        and not (peer.unable or peer.stays_out or peer.wish in (STOP, DETACH))
        and theirs.state in (NEW, OUT, SYNC)
        and theirs.system == basics.mark(facts).system
        and peer.policy == facts.terms.policy
        and (facts.terms.policy != ARBITRATION or _same_register(facts, peer))
    )


def _same_register(facts: Facts, peer: Report) -> bool:
    return (
        bool(facts.register)
        and facts.register == peer.register
        and facts.cell is not None
        and facts.cell
        == cells.Cell(basics.mark(facts).epoch, cells.ALONE, basics.mark(facts).owner)
    )


def is_answered(facts: Facts) -> bool:
    """Whether the standby has answered this arming's challenge with all that it needs."""
    arming, peer, seen = facts.arming, facts.peer, facts.seen
    if arming is None or arming.stage != ASKING or peer is None or seen is None:
        return False
    have = peer.have
    return (
        have is not None
        and have.challenge == arming.challenge
        and have.generation == arming.generation
        and have.timeline == seen.timeline
        and have.flushed >= arming.barrier
        and not peer.unable
    )


def is_joined(facts: Facts) -> bool:
    """Whether PAIR may be marked: the answer, and then a look that shows the standby alone.

    One sender of that name, the standby's own, and no position beyond our own WAL.
    """
    arming, seen, peer = facts.arming, facts.seen, facts.peer
    if arming is None or seen is None or peer is None or facts.poisoned:
        return False
    if not arming.looked or not is_answered(facts):
        return False
    rows = named(seen, facts.real_name)
    return len(rows) == 1 and is_receiver(rows[0], peer)


def named(seen: Seen, name: str) -> list[Sender]:
    """Return the senders that bear *name*, which PostgreSQL compares without case."""
    return [row for row in seen.senders if row.name.lower() == name.lower()]


def is_receiver(row: Sender, peer: Report) -> bool:
    """Whether *row* is the connection that the standby's controller says is its own."""
    return peer.receiver == (row.address, row.port) and row.state == "streaming"
