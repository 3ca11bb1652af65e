"""When a peer counts as silent: from its last word, never sooner, and at that very instant."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.step import step
from pgx_mirror.core.deciding.wake import wake
from pgx_mirror.core.effects import AskForPen
from pgx_mirror.core.facts import ARBITRATION, DETACH, MESSAGE, Facts
from pgx_mirror.core.known import basics, primary
from pgx_mirror.core.known.ending import HAND_EDITED
from pgx_mirror.core.mark import ALONE, PAIR
from pgx_mirror.core.report import DOWN, NAMES_OUT
from pgx_mirror.core.seen import Receiver, Seen, Sender
from tests.mirror.world import A, B, World


@pytest.fixture(params=[ARBITRATION, MESSAGE])
def world(request: pytest.FixtureRequest) -> World:
    made = World(policy=request.param).begin()
    made.run(5)
    return made


@cache
def _formed() -> World:
    made = World().begin()
    made.run(5)
    return made


def paired() -> World:
    """Return a pair of its own."""
    formed = _formed()
    return replace(formed, facts=dict(formed.facts), frozen=set(), done=[])


def looks(heard: str, age: float) -> Seen:
    there = Receiver(1, "127.0.0.1", 4002, "streaming", 1, heard, age=age)
    return Seen("77", True, received=1000, timeline=1, receiver=there)


def after_look(world: World, age: float, *, before: float = 0.8) -> Facts:
    """B has looked, and looks again *before* seconds later: a message that is *age* old."""
    world.hear(B, told.Looked(looks("first", 0.0), world.now))
    world.now += before
    world.hear(B, told.Looked(looks("second", age), world.now))
    return world.facts[B]


@given(st.floats(0, 0.8))
def test_the_streams_last_word_is_as_old_as_the_server_says(age: float) -> None:
    """A look comes each heartbeat_interval: the decision must not come so much later."""
    world = paired()
    facts = after_look(world, age)

    assert facts.stream_at == pytest.approx(world.now - age)


@pytest.mark.parametrize("age", [-3600.0, -0.1, 2.0, 1e9])
def test_a_clock_that_was_set_makes_no_peer_silent_sooner(age: float) -> None:
    world = paired()
    facts = after_look(world, age)

    assert facts.stream_at == world.now


@given(st.floats(0, 0.8), st.floats(0, 0.8))
def test_the_last_word_never_goes_back(first: float, second: float) -> None:
    world = paired()
    before = after_look(world, first).stream_at
    world.hear(B, told.Looked(looks("third", second), world.now))

    assert world.facts[B].stream_at >= before


@given(st.floats(0.0, 5.0), st.floats(0.0, 5.0))
def test_a_silent_primary_is_taken_over_at_that_very_instant(
    heard: float, streamed: float
) -> None:
    """Never sooner than the limit after the last word, and a Tick is wanted exactly then."""
    world = paired()
    now = world.now
    facts = world.facts[B].but(
        heard_at=now - heard, stream_at=now - streamed, busy=frozenset(), ask_at=now
    )
    at = max(facts.heard_at, facts.stream_at) + facts.terms.limit
    waits = [now]
    while waits[-1] < at:
        waits.append(wake(facts, waits[-1]))
        assert waits[-1] > waits[-2]

    assert at in waits
    assert not asks(facts, at - 0.001)
    assert asks(facts, at)


@given(st.floats(0.0, 5.0), st.floats(0.0, 5.0))
def test_a_silent_standby_is_done_without_at_that_very_instant(
    heard: float, streamed: float
) -> None:
    world = paired()
    now = world.now
    facts = world.facts[A].but(
        heard_at=now - heard, stream_at=now - streamed, busy=frozenset(), ask_at=now
    )
    at = max(facts.heard_at, facts.stream_at) + facts.terms.limit
    waits = [now]
    while waits[-1] < at:
        waits.append(wake(facts, waits[-1]))

    assert at in waits
    assert not asks(facts, at - 0.001)
    assert asks(facts, at)


def asks(facts: Facts, now: float) -> bool:
    _, effects = step(facts, told.Tick(), now)
    return any(isinstance(effect, AskForPen) for effect in effects)


@pytest.mark.parametrize("why", [DETACH, HAND_EDITED])
def test_a_stream_without_a_controller_does_not_keep_an_epoch_that_ends(
    world: World, why: str
) -> None:
    """A controller that is dead promises nothing: the register decides, or policy message."""
    world.frozen.add(B)
    world.facts[A] = world.facts[A].but(ending=why if why != DETACH else "")
    if why == DETACH:
        world.hear(A, told.Wished(DETACH))
    for _ in range(70):
        world.now += 0.1
        world.facts[A] = world.facts[A].but(stream_at=world.now, sender_at=world.now)
        world.hear(A, told.Tick())

    assert world.mark(A) == (ALONE, 3)


def test_a_stream_is_a_sign_of_life_for_automatics(world: World) -> None:
    facts = world.facts[A]
    late = facts.heard_at + 2 * facts.terms.limit
    streams = facts.but(stream_at=late, sender_at=late, failover=True)

    assert not primary.primary_wants(streams, late)
    assert primary.primary_wants(streams.but(ending=HAND_EDITED), late)
    assert basics.is_unheard(streams, late)
    assert not basics.is_quiet(streams, late)


@pytest.mark.parametrize("leaves", [False, True])
def test_a_controller_that_is_heard_is_asked_first(world: World, leaves: bool) -> None:
    facts = world.facts[A]
    assert facts.peer is not None
    peer = replace(facts.peer, leaving=leaves)
    ending = facts.but(peer=peer, ending=HAND_EDITED)

    assert world.mark(A)[0] == PAIR
    assert not primary.primary_wants(ending, facts.heard_at + 1)
    assert primary.primary_wants(ending, facts.heard_at + facts.terms.limit)


def test_commits_wait_for_a_silent_standby_only_where_its_server_does_not_confirm_them() -> (
    None
):
    made = paired()
    facts, heard_at = made.facts[A], made.facts[A].heard_at
    late = heard_at + facts.terms.limit
    seen = facts.seen
    assert seen is not None
    (row,) = seen.senders
    streams = facts.but(stream_at=late)
    waits = primary.has_commits_waiting

    assert not waits(streams, late)
    assert not waits(
        facts.but(peer=None), late
    )  # never heard in this life: another secret
    assert waits(facts, late)  # its row is there, and nothing comes
    assert waits(streams.but(seen=replace(seen, probe_waits=True)), late)
    other: tuple[tuple[Sender, ...], ...] = (
        (),
        (replace(row, state="catchup"),),
        (replace(row, name="server2_joining"),),
    )
    for rows in other:
        assert waits(streams.but(seen=replace(seen, senders=rows)), late)
    for free in (
        facts.but(names=NAMES_OUT),
        facts.but(server=DOWN),
        streams.but(seen=None),
    ):
        assert not waits(free, late)
    assert waits(facts.but(seen=None), late)
