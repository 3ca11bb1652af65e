"""What a controller says of itself: its report, from the facts."""

from __future__ import annotations

from dataclasses import replace

from pgx_mirror.core.facts import LEAVE, Facts
from pgx_mirror.core.known import (
    ending,
    fencing,
    joining,
    names,
    primary,
    register,
    standby,
)
from pgx_mirror.core.mark import Mark
from pgx_mirror.core.report import NAMES_SET, Have, Report


def report_of(facts: Facts, now: float) -> Report:
    """Return what is to be said of *facts*; of a mark that is not settled, nothing."""
    peer, seen = facts.peer, facts.seen
    asking = facts.arming if joining.is_asking(facts) else None
    receiver = None if seen is None else seen.receiver
    return Report(
        owner=facts.terms.me,
        incarnation=facts.terms.incarnation,
        heard="" if peer is None or fencing.meets_nobody(facts) else peer.incarnation,
        mark=_told_mark(facts),
        standby=facts.standby,
        server=facts.server,
        names=facts.names,
        bears=facts.bears,
        granted=register.is_granted(facts) and names.are(facts, NAMES_SET),
        joining=asking.generation if asking is not None else "",
        challenge=asking.challenge if asking is not None else "",
        barrier=asking.barrier if asking is not None else 0,
        real_name=facts.real_name,
        have=_have(facts),
        unable=standby.unable(facts),
        receiver=None if receiver is None else (receiver.address, receiver.port),
        position=_position(facts),
        limits=() if seen is None else seen.limits,
        database=f"abnormal({facts.fault})" if facts.fault else "normal",
        disk=f"abnormal({facts.disk})" if facts.disk else "normal",
        failover=facts.failover,
        wish=facts.wish,
        policy=facts.terms.policy,
        register=facts.register,
        ending=ending.why_end(facts, now),
        stuck=primary.is_stuck(facts, now) or standby.is_stuck(facts, now),
        stays_out=facts.stays_out,
        leaving=facts.wish == LEAVE,
    )


def _told_mark(facts: Facts) -> Mark | None:
    """Return the mark without what only its own server can compare."""
    if facts.mark is None or facts.unsure:
        return None
    return replace(facts.mark, inode=0, directory=0)


def _position(facts: Facts) -> int:
    seen = facts.seen
    if seen is None:
        return 0
    return seen.received if seen.recovery else seen.flush


def _have(facts: Facts) -> Have | None:
    """Answer the primary's challenge with what is flushed of its WAL."""
    peer, seen, mine = facts.peer, facts.seen, facts.mark
    if peer is None or seen is None or mine is None or not seen.recovery:
        return None
    asked = bool(peer.challenge) and peer.joining == mine.generation
    if not asked or seen.receiver is None:
        return None
    timeline = seen.receiver.timeline
    return Have(peer.challenge, mine.generation, timeline, seen.received)
