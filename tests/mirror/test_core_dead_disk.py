"""A standby whose disk is dead and whose controller answers: it can promise nothing."""

from __future__ import annotations

import pytest

from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.step import with_begun
from pgx_mirror.core.deciding.wake import wake
from pgx_mirror.core.deciding.wishes import DONE, outcome
from pgx_mirror.core.effects import AskForPen, StopServer
from pgx_mirror.core.events import Event, MarkFailed
from pgx_mirror.core.facts import ARBITRATION, CONF, DETACH, MESSAGE, SERVER, STOP
from pgx_mirror.core.known import primary
from pgx_mirror.core.mark import ALONE, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, NAMES_OUT, UP
from tests.mirror.world import A, B, World

READ_ONLY = MarkFailed("EROFS")
FSYNC_FAILED = MarkFailed("EIO", unsure=True)


def paired(policy: str, ends: Event | None) -> World:
    world = World(policy=policy).begin()
    world.run(5)
    assert (world.mark(A), world.mark(B)) == ((PAIR, 2), (SYNC, 2))
    world.no_marks[B] = ends
    return world


@pytest.mark.parametrize("policy", [ARBITRATION, MESSAGE])
@pytest.mark.parametrize("ends", [READ_ONLY, FSYNC_FAILED, None])
def test_the_primary_goes_on_without_it(policy: str, ends: Event | None) -> None:
    world = paired(policy, ends)
    world.hear(B, told.DiskIs("EROFS"))
    world.run(world.facts[A].terms.limit + 2)

    assert world.mark(A) == (ALONE, 3)
    assert world.facts[A].names == NAMES_OUT


def test_an_operator_can_disconnect_it() -> None:
    world = paired(ARBITRATION, READ_ONLY)
    for name in (A, B):
        world.hear(name, told.Enabled(False))
    world.run(1)
    world.hear(A, told.Wished(DETACH))
    world.run(2)

    assert world.mark(A) == (ALONE, 3)


@pytest.mark.parametrize("automatics", [True, False])
@pytest.mark.parametrize("ends", [READ_ONLY, FSYNC_FAILED, None])
def test_it_is_stopped_though_it_can_promise_nothing(
    ends: Event | None, automatics: bool
) -> None:
    """Its primary is heard all the time: nothing else would ever let it go."""
    world = paired(ARBITRATION, ends)
    for name in (A, B):
        world.hear(name, told.Enabled(automatics))
    world.hear(B, told.Wished(STOP))
    world.run(world.facts[B].terms.limit + 1)

    assert (world.facts[B].server, world.mark(B)) == (DOWN, (SYNC, 2))
    assert outcome(world.facts[B], world.now) == DONE


def test_one_that_is_stopped_promises_if_its_disk_takes_that_in_time() -> None:
    world = paired(ARBITRATION, READ_ONLY)
    world.hear(B, told.Wished(STOP))
    world.run(3)
    assert world.facts[B].server == UP
    world.no_marks.clear()
    world.run(2)

    assert (world.mark(A)[0], world.mark(B)[0]) == (ALONE, OUT)
    assert world.facts[B].server == DOWN


def test_nobody_is_asked_while_automatics_are_off() -> None:
    world = paired(ARBITRATION, READ_ONLY)
    world.hear(A, told.Enabled(False))
    world.hear(B, told.DiskIs("EROFS"))
    world.run(10)

    assert world.mark(A) == (PAIR, 2)
    assert (A, AskForPen(2)) not in world.done


def test_it_promises_as_soon_as_its_disk_takes_that() -> None:
    world = paired(ARBITRATION, READ_ONLY)
    world.hear(B, told.DiskIs("EROFS"))
    world.run(3)
    world.no_marks.clear()
    world.run(3)

    assert world.mark(A)[0] == ALONE
    assert world.mark(B)[0] == OUT


def test_a_primary_whose_conf_hangs_on_a_dead_disk_is_stuck_too() -> None:
    """No mark is begun while postgresql.conf is being written."""
    world = paired(ARBITRATION, READ_ONLY)
    facts = world.facts[A].but(
        disk="EIO", server=DOWN, down_at=world.now, busy=frozenset({CONF})
    )
    limit = facts.terms.limit

    assert not primary.is_stuck(facts, world.now + limit - 1)
    assert primary.is_stuck(facts, world.now + limit)


def test_a_primary_whose_processes_hang_is_not_waited_for_to_the_end() -> None:
    """A disk that hangs holds them in the kernel: they acknowledge nothing, names set."""
    world = paired(ARBITRATION, None)
    facts = world.facts[A].but(
        disk="no answer", busy=frozenset({SERVER}), ending_at=world.now
    )
    limit = facts.terms.limit

    assert not primary.is_stuck(facts, world.now + limit - 0.1)
    assert primary.is_stuck(facts, world.now + limit)
    assert not primary.is_stuck(facts.but(disk=""), world.now + limit)
    assert wake(facts, world.now + limit - 0.1) == world.now + limit


@pytest.mark.parametrize(("mode", "stuck"), [("fast", False), ("immediate", True)])
def test_a_clean_stop_that_takes_long_leaves_nothing_to_others(
    mode: str, stuck: bool
) -> None:
    world = paired(ARBITRATION, None)
    facts = world.facts[A].but(disk="no answer")
    begun = with_begun(
        facts.but(busy=frozenset({SERVER})), SERVER, StopServer(mode, "x"), world.now
    )

    assert primary.is_stuck(begun, world.now + 100) == stuck
