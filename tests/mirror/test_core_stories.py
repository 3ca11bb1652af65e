"""Stories of a pair, told to two cores second by second."""

from __future__ import annotations

import pytest

from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.step import step
from pgx_mirror.core.facts import (
    ARBITRATION,
    DETACH,
    MESSAGE,
    RUN,
    STOP,
    STOP_ALL,
    SWITCH,
    Facts,
)
from pgx_mirror.core.mark import ALONE, GIVEN, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, NAMES_OUT, NAMES_SET, UP
from tests.mirror.world import A, B, World


@pytest.fixture(params=[ARBITRATION, MESSAGE])
def world(request: pytest.FixtureRequest) -> World:
    made = World(policy=request.param).begin()
    made.run(5)
    return made


@pytest.fixture
def arbitrated() -> World:
    made = World().begin()
    made.run(5)
    return made


def test_a_standby_is_joined(world: World) -> None:
    assert world.mark(A) == (PAIR, 2)
    assert world.mark(B) == (SYNC, 2)
    assert world.facts[A].names == NAMES_SET
    assert world.facts[B].bears == B


def test_a_dead_database_is_taken_over(world: World) -> None:
    world.hear(A, told.Judged("no answer"))
    world.run(2)

    assert world.mark(A) == (GIVEN, 4)
    assert world.mark(B) == (ALONE, 4)
    assert not world.facts[B].standby
    assert world.facts[B].names == NAMES_OUT


def test_a_switch(world: World) -> None:
    world.hear(A, told.Wished(SWITCH))
    world.run(2)

    assert world.mark(A) == (GIVEN, 4)
    assert world.mark(B) == (ALONE, 4)
    assert world.facts[A].server == DOWN


def test_a_silent_primary_is_taken_over_by_the_registers_word(
    arbitrated: World,
) -> None:
    world = arbitrated
    world.frozen.add(A)
    world.run(5.2)
    assert world.mark(B) == (SYNC, 2)
    world.run(0.6)
    assert world.mark(B) == (ALONE, 3)
    assert not world.facts[B].standby

    world.frozen.clear()
    world.run(1)
    assert world.mark(A) == (GIVEN, 3)
    assert world.facts[A].server == DOWN


def test_a_silent_standby_is_left(world: World) -> None:
    world.frozen.add(B)
    world.run(6)

    assert world.mark(A) == (ALONE, 3)
    assert world.facts[A].names == NAMES_OUT


def test_with_message_a_silent_primary_is_not_taken_over() -> None:
    world = World(policy=MESSAGE).begin()
    world.run(5)
    world.frozen.add(A)
    world.run(20)

    assert world.mark(B) == (SYNC, 2)


def test_a_standby_that_is_back_is_joined_again(world: World) -> None:
    world.frozen.add(B)
    world.run(6)
    world.frozen.clear()
    world.run(12)

    assert world.mark(A)[0] == PAIR
    assert world.mark(B) == (SYNC, world.mark(A)[1])


@pytest.mark.parametrize("who", [A, B])
def test_a_disconnection_is_for_good(world: World, who: str) -> None:
    world.hear(who, told.Wished(DETACH))
    world.run(2)
    assert world.mark(A) == (ALONE, 4)
    assert world.mark(B)[0] == OUT
    world.hear(who, told.Wished("run"))
    world.run(30)
    assert world.mark(A) == (ALONE, 4) or who == B


def test_a_standby_that_stops_lets_its_primary_go_on(world: World) -> None:
    world.hear(B, told.Wished(STOP))
    world.run(1)

    assert world.mark(A) == (ALONE, 4)
    assert world.facts[B].server == DOWN


def test_a_primary_that_stops_hands_over_first(world: World) -> None:
    world.hear(A, told.Wished(STOP))
    world.run(2)

    assert world.mark(B) == (ALONE, 4)
    assert world.facts[A].server == DOWN


def test_both_stop_and_neither_takes_over(world: World) -> None:
    world.hear(A, told.Wished(STOP_ALL))
    world.hear(B, told.Wished(STOP_ALL))
    world.run(10)

    assert (world.mark(A), world.mark(B)) == ((PAIR, 2), (SYNC, 2))
    assert world.facts[A].server == world.facts[B].server == DOWN


def test_automatics_that_are_off_do_nothing_about_errors() -> None:
    world = World(failover=False).begin()
    world.run(5)
    world.hear(A, told.Judged("no answer"))
    world.run(10)

    assert (world.mark(A), world.mark(B)) == ((PAIR, 2), (SYNC, 2))
    assert world.facts[A].server == UP


def test_a_controller_whose_login_is_refused_leaves_no_standby_that_streams(
    world: World,
) -> None:
    world.blind.add(A)
    world.run(60)
    assert world.mark(A) == (PAIR, 2)

    world.streams = False
    world.run(20)

    assert world.mark(A) == (ALONE, 4)


@pytest.mark.parametrize("busy", ["conf", "mark"])
def test_no_server_is_started_or_promoted_while_its_conf_or_mark_is_written(
    arbitrated: World, busy: str
) -> None:
    """What it would run under is not known: the names may be on their way back."""
    world = arbitrated
    world.frozen.add(A)
    facts = world.facts[B]
    assert facts.mark is not None
    holds = facts.but(mark=facts.mark.to(ALONE, 3, pair=2), names=NAMES_OUT, wish=RUN)
    at_work = frozenset({busy})

    def does(one: Facts) -> set[str]:
        _, effects = step(one, told.Tick(), world.now)
        return {type(effect).__name__ for effect in effects} & {"Start", "Promote"}

    assert does(holds) == {"Promote"}
    assert does(holds.but(server=DOWN)) == {"Start"}
    assert does(holds.but(busy=at_work)) == set()
    assert does(holds.but(server=DOWN, busy=at_work)) == set()
