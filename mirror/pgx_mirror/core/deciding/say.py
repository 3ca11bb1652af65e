"""What a controller says of itself: its report, from the facts."""

from __future__ import annotations

from dataclasses import replace

from pgx_mirror.core.facts import ARBITRATION, ASKING, DETACH, LEAVE, Facts
from pgx_mirror.core.known import basics, primary, register
from pgx_mirror.core.mark import PAIR, Mark
from pgx_mirror.core.report import DOWN, NAMES_SET, UP, Have, Report
from pgx_mirror.core.seen import Seen

REGISTER_CHANGED = "the register is another one"


def report_of(facts: Facts, now: float) -> Report:
    """Return what is to be said of *facts*; of a mark that is not settled, nothing."""
    peer, seen, arming = facts.peer, facts.seen, facts.arming
    asking = arming is not None and arming.stage == ASKING
    receiver = None if seen is None else seen.receiver
    return Report(
        owner=facts.terms.me,
        incarnation=facts.terms.incarnation,
        heard="" if peer is None else peer.incarnation,
        mark=_told_mark(facts),
        standby=facts.standby,
        server=facts.server,
        names=facts.names,
        bears=facts.bears,
        granted=register.is_granted(facts) and facts.names == NAMES_SET,
        joining=arming.generation if arming is not None and asking else "",
        challenge=arming.challenge if arming is not None and asking else "",
        barrier=arming.barrier if arming is not None and asking else 0,
        real_name=facts.real_name,
        have=_have(facts),
        unable=_unable(seen),
        receiver=None if receiver is None else (receiver.address, receiver.port),
        position=_position(facts),
        limits=() if seen is None else seen.limits,
        database=f"abnormal({facts.fault})" if facts.fault else "normal",
        disk=f"abnormal({facts.disk})" if facts.disk else "normal",
        failover=facts.failover,
        wish=facts.wish,
        policy=facts.terms.policy,
        register=facts.register,
        ending=why_end(facts, now),
        stuck=_is_stuck(facts),
        stays_out=facts.stays_out,
        leaving=facts.wish == LEAVE,
    )


def _unable(seen: Seen | None) -> tuple[str, ...]:
    """Return why a standby is none to rely on."""
    if seen is None or not seen.recovery:
        return ()
    return seen.unable if seen.fsync else (*seen.unable, "fsync is off")


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


def _is_stuck(facts: Facts) -> bool:
    """Whether a primary whose instance is gone cannot give the pen: its disk takes no mark."""
    return (
        basics.is_in(facts, PAIR)
        and facts.server == DOWN
        and bool(facts.fault or facts.disk)
        and bool(facts.mark_failed)
    )


def why_end(facts: Facts, now: float) -> str:
    """Return why a primary wants the epoch to end, empty if it does not."""
    if not basics.is_in(facts, PAIR) or facts.standby:
        return ""
    if facts.wish == DETACH or facts.ending:
        return facts.ending or DETACH
    if _is_another_register(facts):
        return REGISTER_CHANGED
    return _error_of_standby(facts, now) if facts.failover else ""


def _is_another_register(facts: Facts) -> bool:
    return (
        basics.policy(facts) == ARBITRATION
        and bool(facts.register)
        and facts.register != basics.mark(facts).register
    )


def _error_of_standby(facts: Facts, now: float) -> str:
    """Return what the standby says is wrong with it, or that it streams no more."""
    peer = facts.peer
    if peer is None or not basics.is_heard(facts, now) or facts.fault or facts.disk:
        return ""
    if primary.other_generation(facts, now):
        return "another standby is in its place"
    if not basics.is_fit(peer):
        return peer.database if peer.database != "normal" else peer.disk
    gone = now - facts.sender_at >= facts.terms.limit and facts.server == UP
    return "no WAL sender for the standby" if gone else ""
