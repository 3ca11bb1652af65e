"""Marks, who speaks, and for how long nobody has."""

from __future__ import annotations

from pgx_mirror.core.facts import (
    DETACH,
    LEAVE,
    MARK,
    REST,
    RUN,
    STOP,
    STOP_ALL,
    Facts,
)
from pgx_mirror.core.mark import PAIR, SYNC, Mark
from pgx_mirror.core.report import UP, Report

# Wishes of a server that is not to take over, nor to be given anything.
LEAVING = (STOP, STOP_ALL, DETACH, LEAVE)


def is_in(facts: Facts, *states: str) -> bool:
    """Whether the durable mark has one of *states*."""
    return facts.mark is not None and facts.mark.state in states


def mark(facts: Facts) -> Mark:
    """Return the mark, which must be there."""
    assert facts.mark is not None
    return facts.mark


def pair_epoch(of: Mark) -> int:
    """Return the pair's epoch that *of* belongs to, or came from."""
    return of.epoch if of.state in (PAIR, SYNC) else of.pair


def policy(facts: Facts) -> str:
    """Return heartbeat_error_action as this epoch has it: a change waits for the next."""
    durable = facts.mark
    if durable is not None and durable.state in (PAIR, SYNC) and durable.policy:
        return durable.policy
    return facts.terms.policy


def peer_mark(facts: Facts) -> Mark | None:
    """Return what the peer has said that its durable mark is."""
    return None if facts.peer is None else facts.peer.mark


def is_quiet(facts: Facts, now: float) -> bool:
    """Whether neither heartbeats nor the WAL stream have brought anything for too long."""
    return now >= max(facts.heard_at, facts.stream_at) + facts.terms.limit


def is_unheard(facts: Facts, now: float) -> bool:
    """Whether the peer's controller has said nothing for too long, since the start at least."""
    return now >= facts.heard_at + facts.terms.limit


def silent(facts: Facts, now: float) -> bool:
    """Whether the peer is quiet though its last word was no leave-taking: for automatics.

    A controller that has left, or that stops both servers, is not missed.
    """
    peer = facts.peer
    if peer is not None and (peer.leaving or peer.wish == STOP_ALL):
        return False
    return is_quiet(facts, now)


def is_heard(facts: Facts, now: float) -> bool:
    """Whether the peer's controller is there."""
    return facts.peer is not None and now < facts.heard_at + facts.terms.limit


def takes_no_mark(facts: Facts, now: float) -> bool:
    """Whether the disk refuses a mark, or a write of one hangs."""
    hangs = MARK in facts.busy and now >= facts.marking_at + facts.terms.limit
    return bool(facts.mark_failed) or hangs


def is_marking(facts: Facts) -> bool:
    """Whether it is not known which mark is durable: nobody may meet us meanwhile."""
    return MARK in facts.busy or facts.unsure


def is_steady(facts: Facts) -> bool:
    """Whether both are a pair, and nothing is being changed or asked for on either side."""
    peer = facts.peer
    if peer is None or facts.busy or facts.arming is not None or peer.joining:
        return False
    wishes, servers = {facts.wish, peer.wish}, {facts.server, peer.server}
    in_pair = is_in(facts, PAIR, SYNC) and not facts.ending
    return in_pair and wishes <= {RUN, REST} and servers == {UP}


def is_fit(peer: Report) -> bool:
    """Whether the peer says that its server and its disks are well."""
    return peer.database == peer.disk == "normal"
