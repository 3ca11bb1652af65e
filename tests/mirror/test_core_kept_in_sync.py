"""A standby in sync whose primary is silent promises that one nothing: it may have to serve."""

from __future__ import annotations

import pytest

from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.wishes import DONE, outcome, refusal
from pgx_mirror.core.facts import (
    ARBITRATION,
    COMMAND,
    FALLBACK,
    MESSAGE,
    STOP,
    SWITCH,
    Force,
)
from pgx_mirror.core.mark import ALONE, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, UP
from tests.mirror.world import A, B, World

POLICIES = (ARBITRATION, MESSAGE, COMMAND, FALLBACK)


def left_by_its_primary(policy: str, *, failover: bool = False) -> World:
    """Return a pair whose primary's host is dead, long enough to be silent."""
    world = World(policy=policy).begin()
    world.run(5)
    world.hear(A, told.Enabled(False))
    world.hear(B, told.Enabled(failover))
    world.frozen.add(A)
    world.run(7)
    assert world.mark(B) == (SYNC, 2)
    return world


@pytest.mark.parametrize("policy", POLICIES)
def test_one_that_is_stopped_takes_over_afterwards(policy: str) -> None:
    """Its host was shut down, and the primary's never comes back: all rows are here."""
    world = left_by_its_primary(policy)
    world.hear(B, told.Wished(STOP))
    world.run(1)
    assert outcome(world.facts[B], world.now) == DONE
    assert world.facts[B].server == DOWN
    assert world.mark(B) == (SYNC, 2)

    mark = world.facts[B].mark
    assert mark is not None
    world.start(B, mark, standby=True)
    world.run(7)
    force = None if policy == ARBITRATION else Force(fencing=False)
    assert refusal(world.facts[B], SWITCH, world.now, force) is None
    world.hear(B, told.Wished(SWITCH, force))
    world.run(2)

    assert world.mark(B) == (ALONE, 3)
    assert world.facts[B].server == UP and not world.facts[B].standby


def test_one_whose_server_fails_is_in_sync_until_its_primary_hears_otherwise() -> None:
    world = left_by_its_primary(MESSAGE, failover=True)
    world.facts[B] = world.facts[B].but(fault="it was killed")
    world.run(5)
    assert world.mark(B) == (SYNC, 2)

    world.frozen.clear()
    world.run(1)
    assert world.mark(B)[0] == OUT
    assert world.mark(A)[0] == ALONE


def test_one_that_is_stopped_is_out_as_soon_as_its_primary_hears_it() -> None:
    world = left_by_its_primary(MESSAGE)
    world.frozen.clear()
    world.run(1)
    assert world.mark(A) == (PAIR, 2)
    world.hear(B, told.Wished(STOP))
    world.run(1)

    assert world.mark(B)[0] == OUT
    assert world.mark(A)[0] == ALONE


def test_both_are_a_pair_again_where_one_was_stopped_beside_a_cut() -> None:
    world = World(policy=MESSAGE).begin()
    world.run(5)
    for name in (A, B):
        world.hear(name, told.Enabled(False))
    world.linked = world.streams = False
    world.run(7)
    world.hear(B, told.Wished(STOP))
    world.run(1)
    mark = world.facts[B].mark
    assert mark is not None and mark.state == SYNC
    world.linked = world.streams = True
    world.start(B, mark, standby=True)
    world.run(5)

    assert (world.mark(A), world.mark(B)) == ((PAIR, 2), (SYNC, 2))
