"""A switch whose standby dies meanwhile fails at once, and in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.deciding.wishes import outcome
from pgx_mirror.core.facts import SERVER, SWITCH, Facts
from pgx_mirror.core.known import basics
from pgx_mirror.core.report import DOWN, UP
from pgx_mirror.core.status.pair import status_of
from tests.mirror.world import A, B, World


@pytest.fixture
def world() -> World:
    made = World().begin()
    made.run(5)
    return made


def without_standby(world: World, **changes: object) -> Facts:
    """What A knows once its standby's server has died, a switch having been asked for."""
    facts = world.facts[A]
    assert facts.peer is not None
    peer = replace(facts.peer, server=DOWN)
    asked = facts.but(peer=peer, wish=SWITCH, since=world.now, down_at=world.now)
    return asked.but(**changes)


def test_before_the_primary_was_stopped(world: World) -> None:
    found = outcome(without_standby(world), world.now)

    assert found is not None
    assert "its server being down" in found.why


def test_after_the_primary_was_stopped(world: World) -> None:
    """It runs again at once: nobody has to wait until the standby counts as lost."""
    found = outcome(without_standby(world, server=DOWN), world.now)

    assert found is not None
    assert "this server goes on as the primary" in found.why


def test_while_the_primary_is_being_stopped_nothing_is_said(world: World) -> None:
    facts = without_standby(world, busy=frozenset({SERVER}))

    assert outcome(facts, world.now) is None


def test_one_that_can_be_carried_out_is_waited_for(world: World) -> None:
    facts = without_standby(world)
    assert facts.peer is not None
    well = facts.but(peer=replace(facts.peer, server=UP), server=DOWN)

    assert outcome(well, world.now) is None


def test_the_status_names_both_names_where_they_differ(world: World) -> None:
    facts = world.facts[A]
    assert facts.peer is not None
    other = facts.but(peer=replace(facts.peer, bears="somebody"))

    def texts(one: Facts) -> list[str]:
        found = status_of(
            report_of(one, world.now),
            one.peer,
            silent=not basics.is_heard(one, world.now),
            places=((A, "a"), (B, "b")),
        )
        return [reason.text for reason in found.reasons]

    assert texts(facts) == []
    assert texts(other) == [
        f'commits wait for the name "{B}", and server "{B}" bears "somebody"'
    ]
