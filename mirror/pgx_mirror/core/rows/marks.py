"""Which mark is to be made durable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pgx_mirror.core.effects import Effect, WriteMark
from pgx_mirror.core.facts import ARBITRATION, Facts
from pgx_mirror.core.known import (
    basics,
    fencing,
    first,
    giving_back,
    joining,
    names,
    primary,
    register,
    standby,
)
from pgx_mirror.core.mark import ALONE, GIVEN, OUT, PAIR, SYNC
from pgx_mirror.core.report import NAMES_BARRIER, NAMES_SET
from pgx_mirror.core.rows.row import Row


def _mark(
    state: str, epoch: Callable[[Facts], int], **changes: Callable[[Facts], object]
) -> Callable[[Facts, float], Effect]:
    """Return what makes the next mark; the pair's epoch is kept where it is told, else 0."""

    def make(facts: Facts, _now: float) -> Effect:
        more = {"pair": 0} | {name: value(facts) for name, value in changes.items()}
        return WriteMark(basics.mark(facts).to(state, epoch(facts), **more))

    return make


def _epoch(facts: Facts) -> int:
    return basics.mark(facts).epoch


def _pair(facts: Facts) -> int:
    return basics.pair_epoch(basics.mark(facts))


def _next(facts: Facts) -> int:
    return _epoch(facts) + 1


def _after(facts: Facts) -> int:
    return _epoch(facts) + 2


def _taken_back(facts: Facts) -> int:
    theirs = basics.peer_mark(facts)
    promised = theirs.epoch if theirs is not None else 0
    return max(_epoch(facts), _pair(facts) + 2, promised)


def _none(_facts: Facts) -> int:
    """Return the pair that a primary came from by taking over: none."""
    return 0


def _told_epoch(facts: Facts) -> int:
    theirs = standby.told_sync(facts)
    return theirs.epoch if theirs is not None else 0


def _told(field: str) -> Callable[[Facts], object]:
    return lambda facts: getattr(standby.told_sync(facts), field)


def _timeline(facts: Facts) -> object:
    return facts.seen.timeline if facts.seen is not None else 0


def _joining_generation(facts: Facts) -> object:
    return facts.arming.generation if facts.arming else ""


def _deposed(facts: Facts, _now: float) -> bool:
    return primary.deposed_by(facts) > 0


MARKS = (
    Row(
        "settles",
        lambda f, _: f.unsure and f.mark is not None,
        lambda f, _: WriteMark(basics.mark(f)),
        "a write that failed halfway: what is durable is made known before all else",
    ),
    Row(
        "first mark",
        first.may_be_marked,
        lambda f, _: WriteMark(first.mark_of(f)),
        "a fresh copy, or an operator's word that this server is the primary",
    ),
    Row(
        "asks after all",
        lambda f, _: first.knows_a_pair(f),
        lambda f, _: WriteMark(first.unknown_pair(basics.mark(f), f)),
        "the register knows a pair that a lost mark has forgotten: its pen is asked for",
    ),
    Row(
        "binds",
        lambda f, _: register.wants_binding(f),
        lambda f, _: WriteMark(replace(basics.mark(f), register=f.register)),
        "an empty register is enrolled by marks that name it and so renounce any other",
    ),
    Row(
        "deposed",
        _deposed,
        _mark(GIVEN, primary.deposed_by, pair=_epoch),
        "a later epoch is the peer's: it holds the pen, or gave it to a pair of its own",
    ),
    Row(
        "peer is out",
        lambda f, _: basics.is_in(f, PAIR) and primary.has_renounced(f),
        _mark(ALONE, _taken_back),
        "the standby has promised not to take over in this epoch",
    ),
    Row(
        "taken back",
        lambda f, _: basics.is_in(f, GIVEN) and primary.has_renounced(f),
        _mark(ALONE, _taken_back, pair=_none),
        "both have renounced: the standby has promised for the very epoch that was given",
    ),
    Row(
        "gives the pen",
        primary.gives,
        _mark(GIVEN, _after, pair=_epoch),
        "nothing of the instance is left, and the standby is in sync and able",
    ),
    Row(
        "won, primary",
        lambda f, _: basics.is_in(f, PAIR) and register.has_won(f),
        _mark(ALONE, _next),
        "the register has given us the pen",
    ),
    Row(
        "goes on alone",
        primary.may_go_alone,
        _mark(ALONE, _next),
        "policy message: a silent standby takes over by an operator's word alone; fallback: "
        "nobody is asked",
    ),
    Row(
        "fenced or forced, primary",
        lambda f, n: basics.is_in(f, PAIR) and fencing.may_go_on(f, n),
        _mark(ALONE, _next),
        "the standby's processes have ended, by fencing_command or by an operator's word",
    ),
    Row(
        "joined",
        lambda f, _: joining.is_joined(f) and names.are(f, NAMES_BARRIER),
        _mark(
            PAIR,
            _next,
            pair=_none,
            peer_generation=_joining_generation,
            policy=lambda f: f.terms.policy,
            register=lambda f: f.register if f.terms.policy == ARBITRATION else "",
            timeline=_timeline,
        ),
        "commits wait, and the standby has flushed all that was acknowledged before they did",
    ),
    Row(
        "takes the pen given",
        lambda f, _: standby.takes_given(f),
        _mark(ALONE, _after, pair=_epoch),
        "the primary's mark says GIVEN of our epoch, and nothing of its instance is left",
    ),
    Row(
        "won, standby",
        lambda f, _: basics.is_in(f, SYNC) and register.has_won(f),
        _mark(ALONE, _next, pair=_epoch),
        "the register has given us the pen",
    ),
    Row(
        "hears of a holder",
        lambda f, _: standby.holder(f) > 0,
        _mark(OUT, standby.holder),
        "the primary has gone on alone: what it acknowledges since is not here",
    ),
    Row(
        "fenced or forced, standby",
        lambda f, n: basics.is_in(f, SYNC) and fencing.may_go_on(f, n),
        _mark(ALONE, _next, pair=_epoch),
        "the primary's processes have ended, by fencing_command or by an operator's word",
    ),
    Row(
        "falls back",
        fencing.falls_back,
        _mark(ALONE, _next, pair=_epoch),
        "policy fallback: a silent primary is taken for dead, and nobody is asked",
    ),
    Row(
        "lost",
        lambda f, _: register.has_lost(f) > 0,
        _mark(OUT, register.has_lost),
        "the register has given the pen to the primary",
    ),
    Row(
        "answers out",
        lambda f, _: standby.answers_out(f) > 0,
        _mark(OUT, standby.answers_out),
        "the primary waits for us in an epoch in which we cannot be in sync",
    ),
    Row(
        "leaves",
        lambda f, n: standby.why_out(f, n) != "",
        _mark(OUT, _after),
        "the primary, an operator or an error of our own ends the pair",
    ),
    Row(
        "in sync",
        lambda f, _: standby.told_sync(f) is not None,
        _mark(
            SYNC,
            _told_epoch,
            policy=_told("policy"),
            register=_told("register"),
            timeline=_told("timeline"),
        ),
        "the primary's PAIR means our generation, and the register has it",
    ),
    Row(
        "gives the pen back",
        lambda f, n: giving_back.gives_back(f, n) and names.are(f, NAMES_SET),
        _mark(OUT, _after),
        "never promoted, stopped and fenced by its names: the primary may go on",
    ),
)
