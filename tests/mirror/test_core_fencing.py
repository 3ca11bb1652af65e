"""Policies command and fallback, and an operator's word by force: stories told to two cores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgx_mirror.core import commands
from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.deciding.step import step
from pgx_mirror.core.deciding.wishes import outcome, refusal
from pgx_mirror.core.effects import RunCommand
from pgx_mirror.core.facts import (
    ARBITRATION,
    COMMAND,
    DETACH,
    FALLBACK,
    MARK,
    MESSAGE,
    SWITCH,
    Facts,
    Force,
)
from pgx_mirror.core.known import fencing
from pgx_mirror.core.mark import ALONE, PAIR, SYNC
from tests.mirror.world import OTHER, A, B, World

NO_FENCING = Force(fencing=False)
FENCED = told.CommandEnded(commands.FENCING)


def formed(policy: str) -> World:
    world = World(policy=policy).begin()
    world.run(5)
    assert (world.mark(A), world.mark(B)) == ((PAIR, 2), (SYNC, 2))
    return world


def called(world: World, name: str) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (effect.kind, effect.arguments)
        for who, effect in world.done
        if who == name and isinstance(effect, RunCommand)
    ]


def silent(world: World, name: str, seconds: float = 8.0) -> None:
    """*name* hangs, and whatever it was at."""
    world.frozen.add(name)
    world.run(seconds)


@pytest.mark.parametrize(
    ("dead", "lives", "operation"), [(A, B, "switch"), (B, A, "detach")]
)
def test_who_is_silent_is_asked_about_and_fenced_before_the_other_goes_on(
    dead: str, lives: str, operation: str
) -> None:
    world = formed(COMMAND)
    silent(world, dead)

    assert world.mark(lives) == (ALONE, 3)
    assert called(world, lives) == [
        (commands.ARBITRATION, (lives, dead, "primarycenter")),
        (commands.FENCING, ("monitor", operation, lives, dead, "primarycenter")),
    ]


@pytest.mark.parametrize("lives", [A, B])
def test_nobody_goes_on_whose_commands_do_not_end_with_0(lives: str) -> None:
    world = formed(COMMAND)
    world.command_ends = "exit status 1"
    silent(world, OTHER[lives], 20.0)

    assert world.facts[lives].command_failed == "arbitration_command: exit status 1"
    assert world.mark(lives)[0] in (PAIR, SYNC)
    assert {kind for kind, _ in called(world, lives)} == {commands.ARBITRATION}

    world.command_ends = ""  # it is asked again
    world.run(8.0)
    assert world.mark(lives) == (ALONE, 3)


def test_the_standby_lets_the_primary_fence_first() -> None:
    """Else each switches the other off, where only the network between them is cut."""
    world = formed(COMMAND)
    world.linked = world.streams = False
    world.run(5.6)
    assert world.mark(A) == (ALONE, 3)
    assert called(world, B) == []


@pytest.mark.parametrize("lives", [A, B])
def test_a_controller_that_has_met_nobody_fences_nobody(lives: str) -> None:
    """It may be the one that was fenced itself, and has come back."""
    world = formed(COMMAND)
    mark = world.facts[lives].mark
    assert mark is not None
    world.frozen.add(OTHER[lives])
    world.start(lives, mark, standby=lives == B)
    world.run(20.0)

    assert called(world, lives) == []
    assert world.mark(lives)[0] in (PAIR, SYNC)


def _fencing() -> tuple[World, Facts]:
    """Return a primary whose fencing_command runs."""
    world = formed(COMMAND)
    facts = world.facts[A]
    late = world.now + 10
    facts, effects = step(facts, told.Tick(), late)
    assert [effect.kind for effect in effects if isinstance(effect, RunCommand)]
    ended = told.CommandEnded(commands.ARBITRATION)
    facts, effects = step(facts, ended, late)
    assert fencing.FENCING in facts.busy
    return world, facts


def _word(world: World, facts: Facts, life: str) -> told.Heard:
    said = report_of(world.facts[B], world.now)
    return told.Heard(replace(said, incarnation=life, heard=facts.terms.incarnation))


def test_a_fence_counts_though_words_come_from_the_life_that_it_ends() -> None:
    world, facts = _fencing()
    assert facts.peer is not None
    facts, _ = step(facts, _word(world, facts, facts.peer.incarnation), world.now + 11)
    facts, _ = step(facts, FENCED, world.now + 12)

    assert MARK in facts.busy
    assert fencing.is_fenced(facts)


def test_a_fence_is_void_once_the_other_is_heard_in_another_life() -> None:
    world, facts = _fencing()
    facts, _ = step(facts, _word(world, facts, "another"), world.now + 11)
    facts, _ = step(facts, FENCED, world.now + 12)

    assert MARK not in facts.busy
    assert not fencing.is_fenced(facts)


def test_nobody_meets_a_server_that_writes_a_mark_which_a_fence_allows() -> None:
    """The other has come back while it is written: met now, it could fence back."""
    world, facts = _fencing()
    facts, _ = step(facts, FENCED, world.now + 11)
    facts, _ = step(facts, _word(world, facts, "another"), world.now + 12)
    assert report_of(facts, world.now + 12).heard == ""

    failed = told.MarkFailed("no space")
    facts, effects = step(facts, failed, world.now + 12)
    assert not fencing.is_fenced(facts)
    assert effects == ()
    assert report_of(facts, world.now + 12).heard == "another"


def test_a_fence_counts_in_its_epoch_alone() -> None:
    _, facts = _fencing()
    mark = facts.mark
    assert mark is not None
    later = facts.but(mark=mark.to(PAIR, 5))
    facts, _ = step(later, FENCED, facts.heard_at + 11)

    assert not fencing.is_fenced(facts)


@pytest.mark.parametrize(("dead", "lives"), [(A, B), (B, A)])
def test_fallback_asks_nobody(dead: str, lives: str) -> None:
    world = formed(FALLBACK)
    silent(world, dead)

    assert world.mark(lives) == (ALONE, 3)
    assert called(world, lives) == []


def test_fallback_splits_where_only_the_networks_are_cut() -> None:
    """The manual's V12, and why it is not the default."""
    world = formed(FALLBACK)
    world.linked = world.streams = False
    world.run(8)

    assert (world.mark(A), world.mark(B)) == ((ALONE, 3), (ALONE, 3))


# --- by force ------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [MESSAGE, COMMAND, FALLBACK])
@pytest.mark.parametrize(("lives", "wish"), [(A, DETACH), (B, SWITCH)])
def test_an_operators_word_by_force_is_enough_where_nobody_can_be_asked(
    policy: str, lives: str, wish: str
) -> None:
    world = formed(policy)
    world.hear(lives, told.Enabled(False))
    silent(world, OTHER[lives])
    assert world.mark(lives) in ((PAIR, 2), (SYNC, 2))
    assert refusal(world.facts[lives], wish, world.now, NO_FENCING) is None
    world.hear(lives, told.Wished(wish, NO_FENCING))
    world.run(1)

    assert world.mark(lives) == (ALONE, 3)
    assert called(world, lives) == []


def test_the_other_is_fenced_first_where_that_is_configured() -> None:
    world = formed(MESSAGE)
    silent(world, A)
    world.command_ends = "exit status 1"
    world.hear(B, told.Wished(SWITCH, Force()))
    found = outcome(world.facts[B], world.now)
    assert found is not None and "was not fenced" in found.why
    assert "--no-fencing" in found.hint
    world.run(3)
    command = ("command", "switch", B, A, "primarycenter")
    assert called(world, B) == [(commands.FENCING, command)]  # once a word
    assert world.mark(B) == (SYNC, 2)

    world.command_ends = ""
    world.hear(B, told.Wished(SWITCH, Force()))
    assert world.mark(B) == (ALONE, 3)


@pytest.mark.parametrize(("lives", "wish"), [(A, DETACH), (B, SWITCH)])
def test_nothing_is_forced_beside_a_server_that_is_heard(lives: str, wish: str) -> None:
    world = formed(MESSAGE)
    found = refusal(world.facts[lives], wish, world.now, Force())
    assert found is not None and "answers" in found.why

    silent(world, OTHER[lives])
    facts = world.facts[lives]
    forced = facts.but(wish=wish, force=NO_FENCING, stream_at=world.now)
    assert not fencing.may_go_on(forced, world.now)
    back, _ = step(facts.but(force=Force()), _word(world, facts, "x"), world.now)
    assert back.force is None


@pytest.mark.parametrize(("lives", "wish"), [(A, SWITCH), (B, DETACH)])
def test_the_word_that_fits_the_server_is_named(lives: str, wish: str) -> None:
    world = formed(MESSAGE)
    silent(world, OTHER[lives])
    found = refusal(world.facts[lives], wish, world.now, Force())
    other = SWITCH if wish == DETACH else DETACH

    assert found is not None
    assert f"mc_ctl {other} --force" in found.hint


def test_a_register_is_abandoned_only_for_a_new_and_empty_one() -> None:
    """The old one could make the other server a holder, once it is back."""
    world = formed(ARBITRATION)
    abandons = Force(abandon=True)
    world.hear(B, told.Enabled(False))
    world.frozen.add(A)
    world.run(8)
    there, late = world.facts[B], world.now
    for facts, force, why in (
        (there, Force(), "decides itself"),
        (there, abandons, "decides itself"),
        (there.but(register="", cell=None), Force(), "is away"),
        (there.but(register="", cell=None), abandons, "is not reached"),
        (there.but(register="r2"), abandons, "has a pair in it"),
    ):
        found = refusal(facts, SWITCH, late, force)
        assert found is not None and why in found.why
    world.register, world.cell = "r2", None
    world.run(0.1)
    assert refusal(world.facts[B], SWITCH, late, abandons) is None
    world.hear(B, told.Wished(SWITCH, replace(abandons, fencing=False)))
    world.run(1)

    assert world.mark(B) == (ALONE, 3)
    mark = world.facts[B].mark
    assert mark is not None and mark.register == "r2"


def test_without_a_register_there_is_none_to_be_abandoned() -> None:
    world = formed(MESSAGE)
    silent(world, A)
    found = refusal(world.facts[B], SWITCH, world.now, Force(abandon=True))

    assert found is not None and "no register" in found.why


def test_who_went_on_alone_as_well_is_not_taken_over_from() -> None:
    """Both hold the pen after a word that was not true: neither gives way, an operator does."""
    world = formed(MESSAGE)
    silent(world, A)
    world.hear(B, told.Wished(SWITCH, NO_FENCING))
    world.run(1)
    mark = world.facts[A].mark
    assert mark is not None
    world.frozen.clear()
    world.start(A, mark.to(ALONE, 3), standby=False)
    world.run(10)

    assert (world.mark(A), world.mark(B)) == ((ALONE, 3), (ALONE, 3))
