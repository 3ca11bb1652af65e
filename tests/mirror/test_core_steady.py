"""A controller lets answers come together only while nothing is being changed or asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgx_mirror.core.facts import MARK, SWITCH, Facts
from pgx_mirror.core.known import basics
from pgx_mirror.core.report import STOPPING, Report
from tests.mirror.world import A, B, World


@pytest.fixture(scope="module")
def world() -> World:
    made = World().begin()
    made.run(5)
    return made


def peer(facts: Facts) -> Report:
    """Return what A knows of B."""
    assert facts.peer is not None
    return facts.peer


def test_a_pair_is_steady_on_both_sides(world: World) -> None:
    assert basics.is_steady(world.facts[A])
    assert basics.is_steady(world.facts[B])


def test_what_is_begun_or_asked_for_is_heard_of_at_once(world: World) -> None:
    facts = world.facts[A]

    assert not basics.is_steady(facts.but(busy=frozenset({MARK})))
    assert not basics.is_steady(facts.but(wish=SWITCH))
    assert not basics.is_steady(facts.but(server=STOPPING))
    assert not basics.is_steady(facts.but(ending="why"))
    assert not basics.is_steady(facts.but(peer=None))
    for change in ({"server": STOPPING}, {"wish": SWITCH}, {"joining": "g"}):
        asks = replace(peer(facts), **change)  # type: ignore[arg-type]
        assert not basics.is_steady(facts.but(peer=asks))


def test_a_server_alone_is_not_steady() -> None:
    alone = World().begin()

    assert not basics.is_steady(alone.facts[A])
