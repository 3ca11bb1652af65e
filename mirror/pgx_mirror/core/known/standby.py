"""A standby: whether it can take over, must answer, or leaves."""

from __future__ import annotations

from pgx_mirror.core.facts import (
    ARBITRATION,
    DETACH,
    LEAVE,
    REST,
    RUN,
    STOP,
    STOP_ALL,
    SWITCH,
    Facts,
)
from pgx_mirror.core.known import basics, register
from pgx_mirror.core.known.times import LETS_GO_WITHIN
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, SYNC, Mark
from pgx_mirror.core.report import DOWN, UP
from pgx_mirror.core.seen import LIMITS, Seen

NOT_TAKEN = "the primary has handed over, and this standby cannot take over"
REGISTER_CHANGED = "the register is another one"


def unable(facts: Facts) -> tuple[str, ...]:
    """Return why this standby could not be promoted, or relied on, by what is seen of it."""
    seen = facts.seen
    if seen is None:
        unseen = facts.standby and facts.server == UP
        return ("it has not been looked at yet",) if unseen else ()
    if not seen.recovery:
        return ()
    found = [*seen.unable, *_too_small(facts, seen)]
    if not seen.fsync:
        found.append("fsync is off")
    if not facts.bears:
        found.append("primary_conninfo has no application_name")
    if not seen.superuser:
        found.append("the user that looks at it is no superuser")
    return (*found, *_strayed(facts, seen))


def _too_small(facts: Facts, seen: Seen) -> list[str]:
    """Return which settings are below the primary's: its replay would pause."""
    peer = facts.peer
    if peer is None or peer.standby:
        return []
    both = zip(LIMITS, seen.limits, peer.limits, strict=False)
    return [
        f"{name} is {mine}, less than the primary's {theirs}"
        for name, mine, theirs in both
        if mine < theirs
    ]


def _strayed(facts: Facts, seen: Seen) -> tuple[str, ...]:
    """Return that it has left the timeline of its mark, by a foreign file of history.

    Without a walreceiver what is known may be older than the mark, and proves nothing.
    """
    mine = facts.mark
    if mine is None or mine.state != SYNC or not mine.timeline:
        return ()
    receiver = seen.receiver
    if receiver is None and seen.timeline <= mine.timeline:
        return ()
    now = seen.timeline if receiver is None else receiver.timeline
    if now == mine.timeline:
        return ()
    return (f"it is on timeline {now}, not on {mine.timeline}",)


def is_able(facts: Facts) -> bool:
    """Whether this standby could be promoted now."""
    seen = facts.seen
    return (
        facts.server == UP
        and not facts.fault
        and not facts.disk
        and seen is not None
        and seen.recovery
        and not unable(facts)
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


def takes_given(facts: Facts) -> bool:
    """Whether a standby that was given the pen takes it."""
    able = facts.standby and is_able(facts)
    return is_given(facts) and able and facts.wish not in basics.LEAVING


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


def is_meant(facts: Facts) -> bool:
    """Whether commits wait for this standby, by the last word of its primary."""
    theirs, mine = basics.peer_mark(facts), facts.mark
    if theirs is None or mine is None:
        return False
    return theirs.state == PAIR and theirs.peer_generation == mine.generation


def is_waited_for(facts: Facts, now: float) -> bool:
    """Whether the primary is there, and its commits wait for this standby still."""
    return basics.is_heard(facts, now) and is_meant(facts)


def is_relied_on(facts: Facts) -> bool:
    """Whether a primary's commits wait for this standby, as far as it knows."""
    in_sync = basics.is_in(facts, SYNC) or is_meant(facts)
    return facts.standby and in_sync


def is_left_waiting(facts: Facts, now: float) -> bool:
    """Whether it has left a primary whose controller is not there to take its name out."""
    left = facts.standby and basics.is_in(facts, OUT)
    return left and is_meant(facts) and not basics.is_heard(facts, now)


def why_out(facts: Facts, now: float) -> str:
    """Return why a standby in sync leaves the pair, empty if it does not.

    One that was promoted by hand is stopped first, and then answers its primary.  To one
    that is not heard nothing is promised but what it or an operator has asked for: it may be
    gone for good, and this standby is then the only one that has all that was acknowledged.
    Nor, by an error, to one without a mark: its directory was lost, or recovered.
    """
    if not (facts.standby and basics.is_in(facts, SYNC)):
        return ""
    if ending := _told_to_leave(facts):
        return ending
    if facts.wish == DETACH:
        return facts.wish
    if _lost_its_register(facts):
        return REGISTER_CHANGED
    if not basics.is_heard(facts, now):
        return ""
    if facts.wish == STOP:
        return facts.wish
    if is_given(facts):
        return _why_not_taken(facts, now)
    ends = facts.failover and basics.peer_mark(facts) is not None
    return (facts.fault or facts.disk) if ends else ""


def owes_word(facts: Facts, now: float) -> bool:
    """Whether it is to promise that it is out, and its disk may take that yet."""
    waited = now >= facts.since + LETS_GO_WITHIN
    hopeless = waited and basics.takes_no_mark(facts, now)
    return why_out(facts, now) != "" and not hopeless


def is_stuck(facts: Facts, now: float) -> bool:
    """Whether it is to leave the pair and cannot promise to, its disk being dead.

    Its primary then goes by the register, as if it were silent.
    """
    return why_out(facts, now) != "" and basics.takes_no_mark(facts, now)


def _told_to_leave(facts: Facts) -> str:
    """Return why the primary of our very epoch wants it to end."""
    peer, theirs = facts.peer, basics.peer_mark(facts)
    if peer is None or theirs is None or theirs.state != PAIR:
        return ""
    return peer.ending if theirs.epoch == basics.mark(facts).epoch else ""


def _why_not_taken(facts: Facts, now: float) -> str:
    """Return why the pen that was given is renounced: else nobody would serve."""
    if facts.wish == STOP_ALL:
        return STOP_ALL
    late = facts.given_at is not None and now >= facts.given_at + facts.terms.limit
    return NOT_TAKEN if late and not is_able(facts) else ""


def _lost_its_register(facts: Facts) -> bool:
    """Whether the primary has gone on alone, and the register of our epoch is another's."""
    theirs, mine = basics.peer_mark(facts), basics.mark(facts)
    left = theirs is not None and theirs.state == ALONE and theirs.epoch > mine.epoch
    return (
        left
        and basics.policy(facts) == ARBITRATION
        and bool(facts.register)
        and not register.is_register(facts)
    )


def takes_over(facts: Facts, now: float) -> bool:
    """A standby: its primary is silent, or says itself that it cannot give the pen."""
    if not (basics.is_in(facts, SYNC) and facts.standby and is_able(facts)):
        return False
    if holder(facts):
        return False  # OUT is not durable yet: its program, or its disk, takes its time
    if facts.wish == SWITCH:
        return basics.is_quiet(facts, now)
    if facts.stays_out or not facts.failover or facts.wish not in (RUN, REST):
        return False
    return basics.silent(facts, now) or _is_left_to_us(facts, now)


def holder(facts: Facts) -> int:
    """Return the later epoch in which the primary says that it holds the pen, 0 for none.

    A standby in sync takes over from it no more: by no silence, and by no operator's word.
    """
    theirs = basics.peer_mark(facts)
    if theirs is None or not (facts.standby and basics.is_in(facts, SYNC)):
        return 0
    later = theirs.epoch > basics.mark(facts).epoch
    return theirs.epoch if later and theirs.state == ALONE else 0


def _is_left_to_us(facts: Facts, now: float) -> bool:
    """Whether the primary is heard, and says that it cannot give the pen that it is to give."""
    peer = facts.peer
    if peer is None or not (peer.stuck and basics.is_heard(facts, now)):
        return False
    stays = peer.wish in (STOP_ALL, DETACH, LEAVE)
    return peer.failover and not (stays or peer.ending)


def may_take_over_from_rest(facts: Facts, now: float) -> bool:
    """Whether an operator's switch may start this standby though its primary is silent.

    The register has the very epoch that we are in sync in, so whoever asks first goes on.
    """
    if not (facts.wish == SWITCH and basics.is_in(facts, SYNC)):
        return False
    return basics.is_quiet(facts, now) and register.has_open_epoch(facts)
