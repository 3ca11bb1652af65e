"""What the facts are after an event.  Nothing is decided here."""

from __future__ import annotations

from dataclasses import replace

from pgx_mirror.core.deciding.looks import looked
from pgx_mirror.core.deciding.outcomes import outcome
from pgx_mirror.core.events import (
    DiskIs,
    Enabled,
    Event,
    Heard,
    Judged,
    Looked,
    RegisterIs,
    ServerIs,
    Tick,
    Wished,
)
from pgx_mirror.core.facts import DETACH, REST, RUN, Facts
from pgx_mirror.core.known import basics, fencing, joining, standby
from pgx_mirror.core.known.ending import HAND_EDITED, POISONED
from pgx_mirror.core.mark import PAIR, SYNC
from pgx_mirror.core.report import DOWN, STOPPING, UNSURE, UP, Report

__all__ = ["HAND_EDITED", "POISONED", "learn", "met"]


def learn(facts: Facts, event: Event, now: float) -> Facts:
    """Return *facts* after *event* at *now*."""
    match event:
        case Tick():
            return facts
        case Heard(report):
            return _heard(facts, report, now)
        case Looked(seen, began):
            return looked(facts, seen, began, now)
        case Judged(fault):
            return facts.but(fault=fault)
        case DiskIs(fault):
            return facts.but(disk=fault)
        case ServerIs(server, is_standby):
            return _server(facts, server, now, is_standby=is_standby)
        case Wished(wish, force):
            return _wished(facts, wish, now).but(force=force)
        case Enabled(failover):
            return facts.but(failover=failover)
        case RegisterIs(identity, cell):
            return facts.but(register=identity, cell=cell if identity else None)
        case _:
            return outcome(facts, event, now)


def _wished(facts: Facts, wish: str, now: float) -> Facts:
    after = fencing.word_ended(facts)
    after = after.but(wish=wish, since=now, command_failed="", command_at=now)
    if wish == RUN:
        return after.but(start_failed="")
    return after.but(stays_out=True) if wish == DETACH and facts.standby else after


def _heard(facts: Facts, report: Report, now: float) -> Facts:
    after = fencing.heard(facts, report.incarnation)
    after = after.but(peer=report, heard_at=now)
    if met(after):
        after = after.but(met=basics.mark(after).epoch)
    if report.ending == DETACH and standby.why_out(after, now) == DETACH:
        after = after.but(stays_out=True)
    after = _given(after, now)
    arming = after.arming
    if arming is not None and arming.answered is None and joining.is_answered(after):
        return after.but(arming=replace(arming, answered=now))
    return after


def _given(facts: Facts, now: float) -> Facts:
    if not standby.is_given(facts):
        return facts.but(given_at=None)
    return facts if facts.given_at is not None else facts.but(given_at=now)


def met(facts: Facts) -> bool:
    """Whether the peer has heard this life of ours, and both are in the same epoch."""
    peer, mine, theirs = facts.peer, facts.mark, basics.peer_mark(facts)
    if peer is None or mine is None or theirs is None:
        return False
    if peer.heard != facts.terms.incarnation or mine.epoch != theirs.epoch:
        return False
    primary, other = (mine, theirs) if mine.state == PAIR else (theirs, mine)
    both = (primary.state, other.state) == (PAIR, SYNC)
    return both and primary.peer_generation == other.generation


def _server(facts: Facts, server: str, now: float, *, is_standby: bool) -> Facts:
    after = facts.but(server=server, standby=is_standby)
    if server == UP and facts.server != UP:
        # One that was found may have read the names at any time: it is told of them.
        unsure = facts.names_unsure or facts.server in (UNSURE, STOPPING)
        after = after.but(sender_at=now, up_at=now, stopped_at=0, left="")
        after = after.but(strange_at=None, names_unsure=unsure)
    if server == UP:
        after = after.but(start_failed="")  # a start that was late has come to its end
    if server == UP and facts.wish == REST:
        after = after.but(wish=RUN)  # what was to be left as it is, is to run
    if server == DOWN and facts.server != DOWN:
        after = after.but(down_at=now, left="")
    return _gone(after, facts) if server == DOWN else after


def _gone(facts: Facts, before: Facts) -> Facts:
    """Its memory is gone, and with it what was seen of it."""
    poisoned = before.poisoned and basics.is_in(facts, PAIR)
    ending = POISONED if poisoned else facts.ending
    return facts.but(seen=None, poisoned=False, unseen=0, ending=ending)
