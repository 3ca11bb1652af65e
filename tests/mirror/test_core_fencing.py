"""Policies command and fallback: stories told to two cores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgx_mirror.core import commands
from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.deciding.step import step
from pgx_mirror.core.deciding.wishes import refusal
from pgx_mirror.core.effects import AskForPen, RunCommand
from pgx_mirror.core.facts import (
    ARBITRATION,
    COMMAND,
    DETACH,
    FALLBACK,
    MARK,
    MESSAGE,
    STOP_ALL,
    SWITCH,
    Facts,
    Force,
)
from pgx_mirror.core.known import fencing, standby
from pgx_mirror.core.mark import ALONE, OUT, PAIR, SYNC
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


def test_a_void_fence_stays_void_whatever_else_is_asked() -> None:
    world, facts = _fencing()
    facts, _ = step(facts, _word(world, facts, "another"), world.now + 11)
    late = world.now + 30  # it is silent again, and the command runs still
    facts, effects = step(facts, told.Tick(), late)
    assert effects == ()  # nobody is asked about who is being ended
    refused = told.CommandEnded(commands.ARBITRATION, "exit status 1")
    facts, _ = step(facts, refused, late)
    facts, _ = step(facts, FENCED, late)

    assert not fencing.is_fenced(facts)
    assert MARK not in facts.busy


def test_nobody_meets_a_server_that_fences() -> None:
    world, facts = _fencing()
    facts, _ = step(facts, _word(world, facts, "another"), world.now + 11)

    assert report_of(facts, world.now + 11).heard == ""


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


@pytest.mark.parametrize("policy", [MESSAGE, COMMAND, FALLBACK])
def test_a_standby_that_hears_of_a_holder_takes_over_from_it_no_more(
    policy: str,
) -> None:
    """What that one has acknowledged since is not here: no silence and no word changes it."""
    world = formed(policy)
    holder = report_of(world.facts[A], world.now)
    assert holder.mark is not None
    alone = replace(holder, mark=holder.mark.to(ALONE, 3))
    world.frozen.add(A)
    world.hear(B, told.Heard(alone))
    assert world.mark(B) == (OUT, 3)
    world.run(20)
    assert world.mark(B) == (OUT, 3)
    assert called(world, B) == []

    found = refusal(world.facts[B], SWITCH, world.now, NO_FENCING)
    assert found is not None and "no pair" in found.why


@pytest.mark.parametrize("policy", [ARBITRATION, COMMAND, FALLBACK])
def test_so_it_is_before_its_own_promise_is_durable(policy: str) -> None:
    """It is held until pre_detach_command has ended; nobody is asked, or fenced, meanwhile."""
    world = World(policy, programs=commands.KINDS).begin()
    world.run(5)
    holder = report_of(world.facts[A], world.now)
    assert holder.mark is not None
    world.command_ends = None
    world.frozen.add(A)
    world.done.clear()
    world.hear(B, told.Heard(replace(holder, mark=holder.mark.to(ALONE, 3))))
    world.run(20)
    assert [kind for kind, _ in called(world, B)] == [commands.PRE_DETACH]
    world.hear(B, told.CommandEnded(commands.PRE_DETACH))

    assert world.mark(B) == (OUT, 3)
    assert (B, AskForPen(2)) not in world.done


def test_by_fallback_a_primary_that_has_met_nobody_waits() -> None:
    """It may have been taken over from while it was down."""
    world = formed(FALLBACK)
    mark = world.facts[A].mark
    assert mark is not None
    world.frozen.add(B)
    world.start(A, mark, standby=False)
    world.run(20)

    assert world.mark(A) == (PAIR, 2)


@pytest.mark.parametrize(
    ("changes", "takes"),
    [
        ({}, True),
        ({"failover": False}, False),
        ({"wish": STOP_ALL}, False),
        ({"wish": DETACH}, False),
        ({"ending": "names"}, False),
    ],
)
def test_a_primary_that_is_stuck_is_replaced_where_it_is_to_be(
    changes: dict[str, object], takes: bool
) -> None:
    world = formed(FALLBACK)
    said = replace(report_of(world.facts[A], world.now), stuck=True, **changes)  # type: ignore[arg-type]
    facts, _ = step(world.facts[B], told.Heard(said), world.now)

    assert standby.takes_over(facts, world.now) == takes
