"""A standby that was promoted by hand, and a primary that waits for a directory that is gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgx_mirror.core import cell as cells
from pgx_mirror.core.cell import Cell
from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.facts import MESSAGE
from pgx_mirror.core.known import basics, register, standby
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, PAIR, SYNC, Mark
from pgx_mirror.core.report import DOWN, UP
from pgx_mirror.core.status.pair import status_of
from tests.mirror.world import A, B, World


@pytest.fixture
def world() -> World:
    made = World().begin()
    made.run(5)
    assert made.mark(B) == (SYNC, 2)
    return made


def another_directory(world: World, *, by_hand: bool) -> None:
    """B's place is taken by a directory of another generation."""
    world.start(B, Mark(B, "d" * 32, "77", 0, NEW), standby=not by_hand)


def test_one_promoted_by_hand_promises_nothing_by_the_registers_word(
    world: World,
) -> None:
    """It is no standby: it answers when it is asked, as the protocol has it."""
    facts = world.facts[B].but(cell=Cell(3, cells.ALONE, A))
    assert register.has_lost(facts) == 3

    assert register.has_lost(facts.but(standby=False, server=DOWN)) == 0


def test_one_promoted_by_hand_takes_no_pen(world: World) -> None:
    """Nor the register's, which it has asked while it was a standby, nor its primary's."""
    facts = world.facts[B].but(cell=Cell(3, cells.ALONE, B))
    assert register.has_won(facts)
    peer = world.facts[A].mark
    assert peer is not None and facts.peer is not None
    gave = replace(facts.peer, mark=peer.to(GIVEN, 4, pair=2), server=DOWN)
    assert standby.takes_given(facts.but(peer=gave))

    by_hand = facts.but(standby=False)
    assert not register.has_won(by_hand)
    assert not standby.takes_given(by_hand.but(peer=gave))


def test_one_promoted_by_hand_leaves_only_once_it_is_stopped(world: World) -> None:
    """Its primary may go on by that promise: no server may run that is no standby."""
    facts = world.facts[B].but(fault="no answer")
    assert standby.why_out(facts, world.now)

    by_hand = facts.but(standby=False)
    assert by_hand.server == UP
    assert standby.why_out(by_hand, world.now) == ""


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_primary_goes_on_without_a_directory_that_is_gone(
    world: World, by_hand: bool
) -> None:
    another_directory(world, by_hand=by_hand)
    world.run(2)

    assert world.mark(A)[0] == ALONE


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_status_says_that_commits_wait_for_a_directory_that_is_gone(
    by_hand: bool,
) -> None:
    """With policy message, and nobody met since the start, nobody can decide."""
    world = World(policy=MESSAGE).begin()
    world.run(5)
    another_directory(world, by_hand=by_hand)
    world.facts[A] = world.facts[A].but(met=0)
    world.run(2)

    assert world.mark(A)[0] == PAIR
    facts = world.facts[A]
    found = status_of(
        report_of(facts, world.now),
        facts.peer,
        silent=not basics.is_heard(facts, world.now),
        places=((A, "a"), (B, "b")),
    )
    texts = [reason.text for reason in found.reasons]
    assert f'commits wait for a data directory that server "{B}" has not' in texts


def test_the_status_says_nothing_of_it_where_it_is_there(world: World) -> None:
    facts = world.facts[A]
    found = status_of(
        report_of(facts, world.now),
        facts.peer,
        silent=False,
        places=((A, "a"), (B, "b")),
    )

    assert found.reasons == ()
