"""The stages of an arming: what moves it on, how long each may take, what ends it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.plan import ends_at, plan
from pgx_mirror.core.deciding.step import step
from pgx_mirror.core.deciding.wake import wake
from pgx_mirror.core.effects import ProveOff, ProveOn, WriteMark, WriteNames
from pgx_mirror.core.facts import (
    ASKING,
    BARRIER,
    DETACH,
    PROOF,
    PROVING_OFF,
    PROVING_ON,
    RELEASING,
    STOP,
    SWITCH,
    Arming,
    Facts,
)
from pgx_mirror.core.known import times
from pgx_mirror.core.known.arming import given_up
from pgx_mirror.core.known.names import wanted_names
from pgx_mirror.core.mark import NEW
from pgx_mirror.core.report import NAMES_BARRIER, NAMES_OUT, UP, Have
from pgx_mirror.core.standby_name import JOINING
from tests.mirror.world import GENERATION, A, B, World

HELD = (BARRIER, PROVING_ON, ASKING)


@cache
def ready() -> tuple[Facts, float]:
    """A primary that is alone, at the instant before it arms for the standby it hears."""
    world = World().begin()
    world.run(5)
    joined = world.facts[A]
    assert joined.peer is not None and joined.mark is not None
    mark = joined.mark.to("ALONE", 1, peer_generation="", policy="", register="")
    theirs = world.facts[B].mark
    assert theirs is not None
    peer = replace(joined.peer, mark=theirs.to(NEW, 0), have=None)
    facts = joined.but(
        mark=mark, peer=peer, arming=None, names=NAMES_OUT, busy=frozenset(),
        cell=replace(world.cell, epoch=1, state="ALONE") if world.cell else None,
    )  # fmt: skip
    return facts, world.now


def armed(stage: str, **changes: object) -> tuple[Facts, float]:
    facts, now = ready()
    arming = Arming(stage, GENERATION[B], "c/1", now)
    names = NAMES_OUT if stage in (PROVING_OFF, BARRIER) else NAMES_BARRIER
    busy = frozenset() if stage == PROVING_OFF else frozenset({PROOF})
    facts = facts.but(arming=arming, names=names, busy=busy)
    return facts.but(**changes), now


def lasts(facts: Facts, now: float) -> Facts:
    """The peer goes on speaking until *now*."""
    return facts.but(heard_at=now, stream_at=now, sender_at=now)


def test_it_begins_with_the_proof_that_commits_do_not_wait() -> None:
    facts, now = ready()
    assert facts.seen is not None
    (sender,) = facts.seen.senders
    joins = replace(facts.seen, senders=(replace(sender, name=f"{B}{JOINING}"),))
    assert step(facts, told.Tick(), now)[0].arming is None  # somebody bears the name

    after, effects = step(facts.but(seen=joins), told.Tick(), now)

    assert after.arming is not None
    assert after.arming.stage == PROVING_OFF
    assert effects == (ProveOff(),)


def test_stage_after_stage() -> None:
    """Each outcome moves on the stage that it is of, and none other."""
    facts, now = armed(PROVING_OFF, busy=frozenset({PROOF}))
    facts, effects = step(facts, told.ProvedOff(), now)
    assert facts.arming is not None and facts.arming.stage == BARRIER
    assert effects == (WriteNames(NAMES_BARRIER),)

    facts, effects = step(facts, told.NamesAre(NAMES_BARRIER, B), now)
    assert facts.arming is not None and facts.arming.stage == PROVING_ON
    assert effects == (ProveOn(),)

    facts, effects = step(facts, told.ProvedOn(1000), now)
    assert facts.arming is not None and facts.arming.stage == ASKING
    assert (facts.arming.barrier, facts.arming.clear) == (1000, False)
    assert effects == ()


@pytest.mark.parametrize("stage", [PROVING_OFF, BARRIER, ASKING])
def test_an_outcome_of_another_stage_moves_nothing(stage: str) -> None:
    facts, now = armed(stage)
    after, effects = step(facts, told.ProvedOn(7), now)

    assert after.arming == facts.arming or stage == PROVING_OFF
    assert not any(isinstance(effect, WriteMark) for effect in effects)


def test_a_checkpoint_of_a_minute_ends_no_arming() -> None:
    """Commits are not held up while off is proved."""
    facts, now = armed(PROVING_OFF, busy=frozenset({PROOF}))
    for seconds in (60.0, times.PROVED_OFF_WITHIN - 1):
        later = lasts(facts, now + seconds)
        assert plan(later, now + seconds).arming is not None

    late = now + times.PROVED_OFF_WITHIN
    assert plan(lasts(facts, late), late).arming is None


@pytest.mark.parametrize("stage", HELD)
def test_what_holds_up_commits_is_short(stage: str) -> None:
    facts, now = armed(stage)
    end = now + facts.terms.held

    assert plan(lasts(facts, end - 0.1), end - 0.1).arming is not None
    assert plan(lasts(facts, end), end).arming is None
    assert wanted_names(given_up(facts, now), now) == NAMES_OUT


@pytest.mark.parametrize("stage", [PROVING_OFF, *HELD, RELEASING])
def test_a_tick_is_wanted_when_a_stage_ends(stage: str) -> None:
    facts, now = armed(stage)
    assert facts.arming is not None
    end = ends_at(facts, facts.arming)
    at = now
    while at < end:
        at = wake(facts, at)

    assert at == end


@pytest.mark.parametrize("stage", [PROVING_OFF, *HELD])
@pytest.mark.parametrize("wish", [SWITCH, STOP, DETACH])
def test_an_operators_word_ends_it(stage: str, wish: str) -> None:
    facts, now = armed(stage)

    assert plan(facts.but(wish=wish), now).arming is None


@pytest.mark.parametrize("stage", [PROVING_OFF, *HELD])
def test_another_directory_in_the_standbys_place_ends_it(stage: str) -> None:
    facts, now = armed(stage)
    assert facts.peer is not None and facts.peer.mark is not None
    mark = replace(facts.peer.mark, generation="f" * 32)

    assert plan(facts.but(peer=replace(facts.peer, mark=mark)), now).arming is None


@pytest.mark.parametrize("stage", [PROVING_OFF, *HELD])
def test_what_is_being_written_is_waited_for(stage: str) -> None:
    """A name may not go while a mark that means PAIR comes."""
    facts, now = armed(stage, busy=frozenset({"mark", PROOF}))

    assert plan(facts, now + 1000).arming == facts.arming


@pytest.mark.parametrize("ended", [told.ProofFailed("no"), told.Freed(7)])
@pytest.mark.parametrize("stage", [PROVING_OFF, *HELD])
def test_a_proof_that_ends_before_the_pair_ends_the_arming(
    stage: str, ended: told.ProofFailed | told.Freed
) -> None:
    facts, now = armed(stage)
    after, effects = step(facts.but(busy=frozenset({PROOF})), ended, now)

    assert after.arming is None
    assert after.not_before > now
    assert ProveOff() not in effects


@given(st.integers(0, 40))
def test_the_next_one_comes_the_later_the_more_were_in_vain(tried: int) -> None:
    facts, now = ready()
    pauses = [
        given_up(facts.but(tried=n), now).not_before - now for n in (tried, tried + 1)
    ]

    assert times.FIRST_PAUSE <= pauses[0] <= pauses[1] <= times.LONGEST_PAUSE + 1e-6


def test_a_pair_needs_the_answer_a_look_behind_it_and_a_proof_that_waits() -> None:
    """Leave one out, and there is no PAIR."""
    facts, now = armed(ASKING)
    assert (
        facts.arming is not None and facts.peer is not None and facts.seen is not None
    )
    arming = replace(facts.arming, clear=True, looked=True, answered=now, barrier=1000)
    have = Have("c/1", GENERATION[B], facts.seen.timeline, 1000)
    whole = facts.but(arming=arming, peer=replace(facts.peer, have=have))
    assert whole.server == UP

    def joins(one: Facts) -> bool:
        _, effects = step(one, told.Tick(), now)
        return any(isinstance(effect, WriteMark) for effect in effects)

    assert joins(whole)
    assert whole.peer is not None and whole.seen is not None
    assert not joins(whole.but(arming=replace(arming, looked=False)))
    assert not joins(whole.but(arming=replace(arming, clear=False)))
    assert not joins(whole.but(arming=replace(arming, barrier=1001)))
    assert not joins(whole.but(arming=replace(arming, challenge="c/2")))
    assert not joins(whole.but(seen=replace(whole.seen, proof_waits=False)))
    assert not joins(whole.but(seen=replace(whole.seen, senders=())))
    twice = (*whole.seen.senders, *whole.seen.senders)
    assert not joins(whole.but(seen=replace(whole.seen, senders=twice)))
    assert not joins(whole.but(poisoned=True))
    assert not joins(whole.but(peer=replace(whole.peer, unable=("replay is paused",))))
