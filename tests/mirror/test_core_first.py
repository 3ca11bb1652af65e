"""A primary whose mark is lost, and an operator's word that it is the primary all the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgx_mirror.core import cell as cells
from pgx_mirror.core import events as told
from pgx_mirror.core.cell import Cell
from pgx_mirror.core.deciding.wishes import outcome
from pgx_mirror.core.effects import AskForPen, Start, WriteMark
from pgx_mirror.core.facts import ARBITRATION, MESSAGE
from pgx_mirror.core.known.times import ASKS_FOR
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, SYNC, Mark
from pgx_mirror.core.report import DOWN, NAMES_OUT, UP
from tests.mirror.world import GENERATION, A, B, World


def paired(policy: str = ARBITRATION) -> World:
    world = World(policy=policy).begin()
    world.run(5)
    assert (world.mark(A), world.mark(B)) == ((PAIR, 2), (SYNC, 2))
    return world


def recovered(world: World, epoch: int = 1) -> None:
    """Begin a life of A's controller: its directory has no good mark, but an operator's word."""
    fresh = Mark(A, "e" * 32, "77", epoch, ALONE)
    world.start(A, fresh, standby=False)
    world.facts[A] = world.facts[A].but(mark=None, fresh=fresh, names=NAMES_OUT)
    world.done.clear()


@pytest.mark.parametrize("epoch", [1, 2, 4])
def test_it_takes_the_pen_of_the_pair_that_it_has_forgotten(epoch: int) -> None:
    world = paired()
    world.linked = False
    recovered(world, epoch)
    world.run(ASKS_FOR + 1)

    assert (A, AskForPen(2)) in world.done
    assert world.cell is not None and world.cell.who == A
    world.linked = True
    world.run(1)
    assert world.mark(B)[0] != SYNC or world.mark(B)[1] > 2

    world.run(10)
    assert world.mark(A)[0] == PAIR
    assert world.mark(B) == (SYNC, world.mark(A)[1])


def test_it_serves_nobody_where_its_standby_has_won_the_pen() -> None:
    world = paired()
    world.linked = False
    world.cell = Cell(3, cells.ALONE, B)
    recovered(world)
    world.run(ASKS_FOR - 0.5)
    assert world.facts[A].mark is None  # the other server may yet say what it is

    world.linked = True
    world.start(B, Mark(B, GENERATION[B], "77", 3, ALONE), standby=False)
    world.run(10)

    assert world.facts[A].mark is None
    assert (A, Start()) not in world.done
    ended = outcome(world.facts[A], world.now)
    assert ended is not None and "is the primary" in ended.why


def test_it_is_deposed_where_the_standby_wins_while_it_asks() -> None:
    world = paired()
    world.linked, world.cell = False, Cell(3, cells.ALONE, B)
    forgotten = Mark(A, "e" * 32, "77", 2, PAIR, policy=ARBITRATION, register="r1")
    world.start(A, forgotten, standby=False)
    world.done.clear()
    world.run(1)

    assert world.mark(A) == (GIVEN, 3)
    assert (A, Start()) not in world.done


def test_a_primary_that_went_alone_before_it_reached_the_register_asks_it_after_all() -> (
    None
):
    world = paired()
    world.linked = False
    world.start(A, Mark(A, "e" * 32, "77", 1, ALONE), standby=False)
    world.run(1)

    assert world.mark(A) == (ALONE, 3)
    assert world.cell == Cell(3, cells.ALONE, A)


def test_it_goes_beyond_a_holder_that_is_gone_for_good() -> None:
    world = World().begin()
    world.cell, world.linked = Cell(9, cells.ALONE, B), False
    recovered(world)
    world.run(ASKS_FOR + 1)

    assert world.mark(A) == (ALONE, 11)
    assert world.facts[A].server == UP
    assert world.cell == Cell(11, cells.ALONE, A)


@pytest.mark.parametrize(
    "policy, seconds", [(ARBITRATION, 0.5), (MESSAGE, ASKS_FOR + 1)]
)
def test_the_first_start_ever_waits_for_nobody_for_long(
    policy: str, seconds: float
) -> None:
    world = World(policy=policy).begin()
    world.linked, world.cell = False, None
    recovered(world)
    world.run(seconds)

    assert world.mark(A) == (ALONE, 1)
    assert world.facts[A].server == UP


def test_without_a_register_the_other_server_is_heard_first() -> None:
    world = paired(MESSAGE)
    mark = world.facts[B].mark
    assert mark is not None
    world.start(B, mark.to(OUT, 4), standby=True)
    recovered(world)
    world.run(15)

    first = next(effect for name, effect in world.done if name == A)
    assert isinstance(first, WriteMark)
    assert first.mark.epoch == 6  # beyond what its standby knows
    assert world.mark(A)[0] == PAIR
    assert world.mark(B) == (SYNC, world.mark(A)[1])


def test_without_a_register_too_nobody_serves_beside_a_primary_that_is_heard() -> None:
    world = World(policy=MESSAGE).begin()
    world.start(B, Mark(B, GENERATION[B], "77", 3, ALONE), standby=False)
    recovered(world)
    world.run(10)

    assert world.facts[A].mark is None
    assert (A, Start()) not in world.done


@pytest.mark.parametrize(
    ("policy", "word"), [(ARBITRATION, "mc_ctl switch there"), (MESSAGE, "--force")]
)
def test_nobody_goes_on_from_a_backup_beside_a_standby_that_has_every_row(
    policy: str, word: str
) -> None:
    """Who has lost the primary's directory is told who has what was in it."""
    world = paired(policy)
    recovered(world)
    world.run(10)
    assert world.facts[A].mark is None and world.facts[A].server == DOWN
    assert world.mark(B) == (SYNC, 2)
    ended = outcome(world.facts[A], world.now)
    assert ended is not None and "all that was acknowledged" in ended.why
    assert word in ended.hint and "mc_ctl stop there first" in ended.hint
    assert ("unless" in ended.why) == (policy == MESSAGE)  # its word may be an old one

    world.frozen.add(B)  # it was stopped
    recovered(world)
    world.run(ASKS_FOR + 1)
    assert world.mark(A)[0] == ALONE


def test_an_heir_by_an_old_word_is_not_said_to_have_all() -> None:
    """It was off when its primary went on alone, and no register says so."""
    world = paired(MESSAGE)
    mark = world.facts[B].mark
    assert mark is not None
    world.frozen.add(B)
    world.run(10)
    assert world.mark(A) == (ALONE, 3)
    world.frozen.clear()
    world.start(B, mark, standby=True)
    recovered(world)
    world.run(10)

    ended = outcome(world.facts[A], world.now)
    assert ended is not None and "has gone on alone since" in ended.why


@pytest.mark.parametrize("policy", [ARBITRATION, MESSAGE])
@pytest.mark.parametrize("ill", ["fault", "disk"])
def test_an_heir_that_is_ill_is_one_all_the_same(policy: str, ill: str) -> None:
    """It promises nothing to who has lost its mark: its directory has all that there is."""
    world = paired(policy)
    world.frozen.add(A)
    world.hear(B, told.Enabled(False))
    world.run(8)
    recovered(world)
    world.facts[B] = world.facts[B].but(**{ill: "it was killed"}, failover=True)
    world.frozen.clear()
    world.run(ASKS_FOR + 3)

    assert world.facts[A].mark is None
    assert world.mark(B) == (SYNC, 2)


def test_one_of_another_database_is_no_heir() -> None:
    world = paired(MESSAGE)
    recovered(world)
    fresh = world.facts[A].fresh
    assert fresh is not None
    world.facts[A] = world.facts[A].but(fresh=replace(fresh, system="78"))
    world.run(ASKS_FOR + 1)

    assert world.facts[A].mark is not None


def test_a_copy_is_marked_at_once() -> None:
    world = World().begin()
    world.facts[B] = world.facts[B].but(
        mark=None, fresh=Mark(B, "f" * 32, "77", 0, NEW)
    )
    world.run(0.2)

    assert world.mark(B)[0] in (NEW, OUT)
