"""Programs that are told of what happens to the pair: when, once, and nobody waits but for one."""

from __future__ import annotations

import pytest

from pgx_mirror.core import commands
from pgx_mirror.core import events as told
from pgx_mirror.core.commands import PRE_DETACH, post_attach, post_switch, pre_detach
from pgx_mirror.core.deciding.wake import is_looked_for
from pgx_mirror.core.effects import Promote, RunCommand, WriteMark
from pgx_mirror.core.facts import ARBITRATION, DETACH, MESSAGE, RUN, STOP, SWITCH
from pgx_mirror.core.mark import ALONE, GIVEN, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN
from tests.mirror.world import A, B, World

PROGRAMS = (commands.PRE_DETACH, commands.POST_ATTACH, commands.POST_SWITCH)
BOTH_ATTACHED = {
    (A, post_attach(A, "primary", B)),
    (B, post_attach(B, "standby", A)),
}


def called(world: World) -> list[tuple[str, RunCommand]]:
    """Return which programs were called, by whom."""
    return [(who, done) for who, done in world.done if isinstance(done, RunCommand)]


def order(world: World, who: str) -> list[str]:
    """Return what *who* has done, in order: its programs and marks."""
    found = []
    for name, done in world.done:
        if name == who and isinstance(done, RunCommand):
            found.append(done.kind)
        elif name == who and isinstance(done, WriteMark):
            found.append(done.mark.state)
        elif name == who and isinstance(done, Promote):
            found.append("promotes")
    return found


@pytest.fixture(params=[ARBITRATION, MESSAGE])
def world(request: pytest.FixtureRequest) -> World:
    made = World(policy=request.param, programs=PROGRAMS).begin()
    made.run(5)
    return made


def formed(world: World) -> World:
    """Forget what was done until now."""
    world.done.clear()
    return world


# --- a pair is formed --------------------------------------------------------------------


def test_both_are_told_of_the_pair_once(world: World) -> None:
    world.run(30)

    assert set(called(world)) == BOTH_ATTACHED
    assert len(called(world)) == 2
    assert order(world, A) == [PAIR, commands.POST_ATTACH]
    assert order(world, B) == [SYNC, commands.POST_ATTACH]


def test_the_primary_tells_of_it_once_its_standby_knows(world: World) -> None:
    at = {done: number for number, done in enumerate(world.done)}
    sync = next(
        number
        for (_, done), number in at.items()
        if isinstance(done, WriteMark) and done.mark.state == SYNC
    )

    assert sync < at[(A, post_attach(A, "primary", B))]


def test_a_new_life_tells_of_no_old_pair(world: World) -> None:
    for name in (A, B):
        mark = world.facts[name].mark
        assert mark is not None
        world.start(name, mark, standby=name == B)
    formed(world).run(10)

    assert (world.mark(A), world.mark(B)) == ((PAIR, 2), (SYNC, 2))
    assert called(world) == []


# --- the standby is disconnected ---------------------------------------------------------


@pytest.mark.parametrize("who", [A, B])
def test_both_are_told_before_a_disconnection(world: World, who: str) -> None:
    formed(world).hear(who, told.Wished(DETACH))
    world.run(2)

    assert (world.mark(A), world.mark(B)[0]) == ((ALONE, 4), OUT)
    assert order(world, A) == [PRE_DETACH, ALONE]
    assert order(world, B) == [PRE_DETACH, OUT]
    assert set(called(world)) == {
        (A, pre_detach(A, "primary", B)),
        (B, pre_detach(B, "standby", A)),
    }


def test_so_it_is_where_the_standby_is_silent(world: World) -> None:
    formed(world).frozen.add(B)
    world.run(8)

    assert world.mark(A) == (ALONE, 3)
    assert called(world) == [(A, pre_detach(A, "primary", B))]


def test_a_standby_that_stops_is_stopped_after_it(world: World) -> None:
    world.command_ends = None
    formed(world).hear(B, told.Wished(STOP))
    world.run(20)
    assert world.mark(B) == (SYNC, 2)
    assert world.facts[B].server != DOWN

    world.hear(B, told.CommandEnded(PRE_DETACH))
    world.run(1)

    assert world.mark(B)[0] == OUT


@pytest.mark.parametrize("why", ["", "exit status 3", "no answer within 20 s"])
def test_the_mark_waits_for_its_end_whatever_that_is(world: World, why: str) -> None:
    world.command_ends = None
    formed(world).frozen.add(B)
    world.run(12)
    assert world.mark(A) == (PAIR, 2)
    assert called(world) == [(A, pre_detach(A, "primary", B))]

    world.hear(A, told.CommandEnded(PRE_DETACH, why))

    assert world.mark(A) == (ALONE, 3)
    assert len(called(world)) == 1


def test_a_standby_that_comes_back_meanwhile_is_kept() -> None:
    """Which takes policy message: a register's word was given for good."""
    world = World(policy=MESSAGE, programs=PROGRAMS).begin()
    world.run(5)
    world.command_ends = None
    formed(world).frozen.add(B)
    world.run(12)
    world.frozen.clear()
    world.run(5)
    world.hear(A, told.CommandEnded(PRE_DETACH))
    world.run(5)

    assert (world.mark(A), world.mark(B)) == ((PAIR, 2), (SYNC, 2))
    assert called(world) == [(A, pre_detach(A, "primary", B))]


def test_the_next_epochs_end_is_told_anew(world: World) -> None:
    formed(world).frozen.add(B)
    world.run(8)
    world.frozen.clear()
    world.run(15)
    assert world.mark(A)[0] == PAIR
    world.frozen.add(B)
    world.run(8)

    assert world.mark(A)[0] == ALONE
    done = order(world, A)
    before = [done[at - 1] for at, what in enumerate(done) if what == ALONE]
    assert before == [PRE_DETACH] * done.count(PRE_DETACH)
    assert len(before) >= 2


@pytest.mark.parametrize("programs", [(), (commands.POST_ATTACH,)])
def test_where_it_is_not_configured_nothing_waits(
    world: World, programs: tuple[str, ...]
) -> None:
    bare = World(policy=world.policy, programs=programs, command_ends=None).begin()
    bare.run(5)
    for each in (world, bare):
        formed(each).frozen.add(B)
        each.run(8)

    assert order(bare, A) == [ALONE]


def test_what_is_not_configured_is_never_called(world: World) -> None:
    bare = World(policy=world.policy, programs=()).begin()
    bare.run(5)
    bare.hear(A, told.Judged("no answer"))
    bare.run(20)

    assert (bare.mark(B), bare.facts[B].standby) == ((ALONE, 4), False)
    assert called(bare) == []


# --- the other server takes over ---------------------------------------------------------


def test_the_new_primary_tells_of_the_switch_once_commits_pass(world: World) -> None:
    formed(world).hear(A, told.Wished(SWITCH))
    world.run(0.2)
    assert world.mark(B) == (ALONE, 4)
    world.run(20)

    assert called(world) == [(B, post_switch(B))]
    assert order(world, B) == [ALONE, "promotes", commands.POST_SWITCH]
    assert world.facts[B].freed


def test_not_before_a_commit_has_returned(world: World) -> None:
    world.blind.add(B)  # nobody can look at it, and so see a commit return
    formed(world).hear(A, told.Judged("no answer"))
    world.run(20)
    assert (world.mark(B), world.facts[B].standby) == ((ALONE, 4), False)
    assert called(world) == []
    assert is_looked_for(world.facts[B])

    world.blind.clear()
    world.run(2)

    assert called(world) == [(B, post_switch(B))]


def test_a_failover_is_told_as_well() -> None:
    world = World(programs=PROGRAMS).begin()
    world.run(5)
    formed(world).frozen.add(A)
    world.run(10)

    assert world.mark(B) == (ALONE, 3)
    assert called(world) == [(B, post_switch(B))]


def test_a_primary_that_takes_back_tells_of_no_switch(world: World) -> None:
    """Nobody was promoted."""
    formed(world).hear(A, told.Judged("no answer"))
    world.hear(B, told.Judged("no answer"))
    world.run(20)
    world.hear(A, told.Wished(RUN))
    world.run(20)

    assert world.facts[B].standby
    assert commands.POST_SWITCH not in [call.kind for _, call in called(world)]


def test_a_server_that_is_deposed_tells_of_nothing_more(world: World) -> None:
    """Due, and not called: it is the other's to tell."""
    world.blind.add(B)
    formed(world).hear(A, told.Judged("no answer"))
    world.run(20)
    facts = world.facts[B]
    assert facts.mark is not None
    assert commands.POST_SWITCH in facts.due

    world.hear(B, told.Wrote(facts.mark.to(GIVEN, 7)))

    assert world.facts[B].due == frozenset()
