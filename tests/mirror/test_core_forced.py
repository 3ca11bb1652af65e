"""An operator's word by force: stories told to two cores."""

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
    RUN,
    SWITCH,
    Force,
)
from pgx_mirror.core.known import fencing
from pgx_mirror.core.mark import ALONE, PAIR, SYNC
from tests.mirror.test_core_fencing import (
    FENCED,
    NO_FENCING,
    _word,
    called,
    formed,
    silent,
)
from tests.mirror.world import OTHER, A, B


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


def test_beside_a_server_that_has_just_ended_it_is_said_when_to_ask_again() -> None:
    world = formed(MESSAGE)
    refused = refusal(world.facts[B], SWITCH, world.now, NO_FENCING)

    assert refused is not None and "answers" in refused.why
    assert f"ask again in {world.facts[B].terms.limit:g} s" in refused.hint


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
    world.run(20)  # the word lasts: who has come back meanwhile is not ended
    assert called(world, B) == [(commands.FENCING, command)] * 2


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


@pytest.mark.parametrize("ends", ["heard", "another word"])
def test_a_fence_by_force_is_void_once_the_word_has_ended(ends: str) -> None:
    world = formed(MESSAGE)
    silent(world, A)
    facts = world.facts[B]
    facts, _ = step(facts, told.Wished(SWITCH, Force()), world.now)
    assert fencing.FENCING in facts.busy
    if ends == "heard":
        said = report_of(world.facts[A], world.now)
        facts, _ = step(facts, told.Heard(said), world.now)
    else:
        facts, _ = step(facts, told.Wished(RUN), world.now)
    facts, _ = step(facts, FENCED, world.now + 1)

    assert facts.mark is not None and facts.mark.state == SYNC
    assert MARK not in facts.busy


def test_a_word_by_force_is_not_ended_by_what_automatics_had_asked() -> None:
    world = formed(COMMAND)
    silent(world, A, 5.0)
    facts = world.facts[B]
    late = world.now + 10
    facts, effects = step(facts, told.Tick(), late)
    assert [e.kind for e in effects if isinstance(e, RunCommand)]
    facts, _ = step(facts, told.Wished(SWITCH, NO_FENCING), late)
    refused = told.CommandEnded(commands.ARBITRATION, "exit status 1")
    facts, _ = step(facts, refused, late)

    assert facts.command_failed == ""
