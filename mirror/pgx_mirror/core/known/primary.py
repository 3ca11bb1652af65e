"""A primary: of its standby, of being deposed, of giving the pen and of going on alone."""

from __future__ import annotations

from pgx_mirror.core.facts import (
    CONF,
    DETACH,
    FALLBACK,
    MESSAGE,
    REST,
    RUN,
    SERVER,
    STOP,
    SWITCH,
    Facts,
)
from pgx_mirror.core.known import basics, first, joining, register
from pgx_mirror.core.known.times import HANDED_OVER_WITHIN
from pgx_mirror.core.mark import ALONE, NEW, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, NAMES_SET, UP


def is_of_this_epoch(facts: Facts) -> bool:
    """Whether the peer is the generation that our PAIR, or our GIVEN, means."""
    theirs = basics.peer_mark(facts)
    return (
        theirs is not None and theirs.generation == basics.mark(facts).peer_generation
    )


def has_renounced(facts: Facts) -> bool:
    """Whether the standby has promised not to take over in our pair's epoch."""
    theirs = basics.peer_mark(facts)
    return (
        theirs is not None
        and is_of_this_epoch(facts)
        and theirs.state == OUT
        and theirs.epoch > basics.pair_epoch(basics.mark(facts))
    )


def can_take(facts: Facts, now: float) -> bool:
    """Whether the standby could take over now: it is in sync, heard, and can be promoted."""
    peer, theirs = facts.peer, basics.peer_mark(facts)
    return (
        peer is not None
        and theirs is not None
        and basics.is_in(facts, PAIR)
        and is_of_this_epoch(facts)
        and (theirs.state, theirs.epoch) == (SYNC, basics.mark(facts).epoch)
        and basics.is_heard(facts, now)
        and peer.server == UP
        and peer.wish not in basics.LEAVING
        and not peer.unable
        and basics.is_fit(peer)
    )


def other_generation(facts: Facts, now: float) -> bool:
    """Whether another directory is in the place of the standby of this epoch.

    Also one that was promoted by hand, which nobody waits for.
    """
    peer, theirs = facts.peer, basics.peer_mark(facts)
    return (
        basics.is_in(facts, PAIR)
        and peer is not None
        and theirs is not None
        and basics.is_heard(facts, now)
        and theirs.state in (NEW, OUT, SYNC)
        and not is_of_this_epoch(facts)
    )


def has_commits_waiting(facts: Facts, now: float) -> bool:
    """Whether commits wait for the standby, by what was seen last: heartbeats confirm nothing.

    They pass while the standby streams under its name, whoever is silent.  One that hangs
    keeps its row for a while: then a probe commit does not return, or nothing comes.
    """
    paired = basics.is_in(facts, PAIR) and facts.names == NAMES_SET
    if not paired or facts.server != UP:
        return False
    seen = facts.seen
    if seen is None:
        return basics.is_quiet(facts, now)
    rows = joining.named(seen, facts.real_name)
    streams = any(row.state == "streaming" for row in rows)
    hangs = facts.peer is not None and basics.is_quiet(facts, now)
    return seen.probe_waits or hangs or not streams


def deposed_by(facts: Facts) -> int:
    """Return the later epoch by which a primary in PAIR is deposed, 0 while it is not."""
    if not basics.is_in(facts, PAIR):
        return 0
    mine, theirs, cell = basics.mark(facts), basics.peer_mark(facts), facts.cell
    if (
        theirs is not None
        and theirs.state in (ALONE, PAIR)
        and theirs.epoch > mine.epoch
    ):
        return theirs.epoch
    if register.is_register(facts) and cell is not None and cell.who != mine.owner:
        return cell.epoch if cell.epoch > mine.epoch else 0
    return 0


def primary_wants(facts: Facts, now: float) -> bool:
    """Whether a primary in PAIR wants the pen without its standby's word.

    Errors count while automatics are on.  An operator's word and an epoch that has to end
    count always: there a controller that is not heard cannot promise anything, whether its
    server streams or it has taken its leave.  The register decides, or policy message.
    """
    if facts.fault or facts.disk or facts.standby or not basics.is_in(facts, PAIR):
        return False
    if other_generation(facts, now) or first.is_of_unknown_pair(basics.mark(facts)):
        return True
    if facts.wish == DETACH or facts.ending:
        return basics.is_unheard(facts, now) or _promises_nothing(facts, now)
    if facts.failover and _promises_nothing(facts, now):
        return True
    return facts.failover and basics.silent(facts, now)


def _promises_nothing(facts: Facts, now: float) -> bool:
    """Whether the standby is to leave, and says that its disk takes no promise."""
    peer = facts.peer
    return peer is not None and peer.stuck and basics.is_heard(facts, now)


def may_go_alone(facts: Facts, now: float) -> bool:
    """Whether a primary may go on by its own mark: policy message, and it has met its peer.

    So by policy fallback: one that was down may have been taken over from.
    """
    if not basics.is_in(facts, PAIR) or not primary_wants(facts, now):
        return False
    met = facts.met == basics.mark(facts).epoch
    return met and basics.policy(facts) in (MESSAGE, FALLBACK)


def gives(facts: Facts, now: float) -> bool:
    """Whether a primary whose server is down gives the pen to its standby."""
    if (
        facts.server != DOWN
        or SERVER in facts.busy
        or not can_take(facts, now)
        or deposed_by(facts)
    ):
        return False
    if facts.failover and _is_dead(facts):
        return True
    return hands_over(facts) and _has_all(facts, now)


def _is_dead(facts: Facts) -> bool:
    """Whether its server, or a disk, has failed: also one that we have stopped ourselves.

    Which that is says its clean end: a first start that fails is the operator's to mend.
    """
    gone = facts.start_failed and facts.stopped_at
    return bool(facts.fault or facts.disk or gone)


def hands_over(facts: Facts) -> bool:
    """Whether an operator's word means that the standby takes over."""
    return facts.wish == SWITCH or (facts.wish == STOP and facts.failover)


def is_to_hand_over(facts: Facts, now: float) -> bool:
    """Whether a stop of this server alone, begun now, means that the standby takes over."""
    return not facts.standby and facts.failover and can_take(facts, now)


def _has_all(facts: Facts, now: float) -> bool:
    """Whether the standby has flushed the shutdown checkpoint, or had time enough to.

    Its record begins at *stopped_at*.
    """
    peer = facts.peer
    if peer is None or not facts.stopped_at:
        return peer is not None
    waited = now >= facts.down_at + HANDED_OVER_WITHIN
    return peer.position > facts.stopped_at or waited


def is_stuck(facts: Facts, now: float) -> bool:
    """Whether it cannot give the pen: its disk takes no mark, or nothing ends its processes.

    Its standby then decides without it, as if it were silent.  A disk that hangs keeps
    processes from ending: their names are set, and they acknowledge nothing alone.  Nor can
    it be given to a standby that is not heard, which the register would have wait for us.
    """
    if not basics.is_in(facts, PAIR) or not _is_dead(facts):
        return False
    if facts.left:
        return True
    if facts.server != DOWN and SERVER in facts.busy:
        return now >= facts.ending_at + facts.terms.limit
    if facts.wish in (RUN, REST) and not basics.is_heard(facts, now):
        return True
    waited = now >= facts.down_at + facts.terms.limit
    # No mark is begun while postgresql.conf is being written, to the same disk.
    hangs = basics.takes_no_mark(facts, now) or (CONF in facts.busy and waited)
    return facts.server == DOWN and hangs
