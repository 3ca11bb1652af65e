"""Freezes, hangs and cuts: nothing grows, and the two find each other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pgx_mirror.peer import link
from pgx_mirror.peer.events import GARBAGE, SECRET, Heard, Lost, Refused
from pgx_mirror.peer.settings import Address
from pgx_mirror.peer.talk import WINDOW
from tests.mirror.relay import DOWN, UP, Relay
from tests.mirror.strangers import connect, gone
from tests.mirror.two_links import End, both, free_ports, met, step, until


@pytest.fixture
def ends() -> Iterator[tuple[End, End]]:
    one, other = map(End, both())
    yield one, other
    one.link.close()
    other.link.close()


def test_a_frozen_peer_costs_nothing_and_hears_the_latest(
    ends: tuple[End, End], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "GIVE_UP", 600.0)  # two hundred steps may take long
    one, other = ends
    one.say(0)
    met(one, other)
    until(lambda: other.heard == 0, one, other)
    other.frozen = True
    for position in range(1, 200):
        one.say(position)
        step(one, pause=0.005)
    assert len(one.link._streams.by_fd) <= 4
    other.frozen = False
    before = len(other.all(Heard))

    until(lambda: other.heard == 199, one, other)

    # Those that were on their way, on each connection, and the latest.
    assert len(other.all(Heard)) - before <= 2 * WINDOW + 1
    assert not other.all(Lost)


def test_a_peer_that_is_frozen_for_long_is_lost_and_met_again(
    ends: tuple[End, End], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "GIVE_UP", 2.5)
    one, other = ends
    met(one, other)
    other.frozen = True
    one.say(1)
    until(lambda: one.all(Lost), one)
    other.frozen = False
    one.say(2)

    until(lambda: other.heard == 2 and one.link.met, one, other)

    assert "not acknowledged" in one.all(Lost)[0].why


def test_ones_own_freeze_parts_nobody(ends: tuple[End, End]) -> None:
    """What had come while this process was stopped is looked at before it is judged."""
    one, other = ends
    one.say(1)
    met(one, other)
    one.say(2)
    step(one)  # it is sent, and its acknowledgement comes while this process is stopped
    later = time.monotonic() + 3600.0

    one.events += one.link.tick(later)

    assert not one.all(Lost)
    assert one.link.next_tick() <= later + 1.0


@pytest.fixture
def relayed() -> Iterator[tuple[End, End, Relay]]:
    """Two of which the first dials through a relay, and the second cannot dial."""
    here, there = both()
    port, nowhere = free_ports(2)
    relay = Relay(port, there.mine.port)
    one = End(replace(here, theirs=Address("127.0.0.1", port)))
    other = End(replace(there, theirs=Address("127.0.0.1", nowhere)))
    yield one, other, relay
    one.link.close()
    other.link.close()
    relay.close()


def stepped(relay: Relay) -> bool:
    """Step *relay*, and so be true in a condition that is polled."""
    relay.step()
    return True


@pytest.mark.parametrize("ways", [(UP,), (DOWN,), (UP, DOWN)])
def test_a_connection_that_hangs_is_left_for_a_new_one(
    relayed: tuple[End, End, Relay], ways: tuple[str, ...]
) -> None:
    """As TCP hangs after a cut: for its own interval, though the network is whole again."""
    one, other, relay = relayed
    until(lambda: stepped(relay) and (one.link.met and other.link.met), one, other)
    relay.passages[0].held = set(ways)
    one.say(1)
    other.say(2)

    until(
        lambda: stepped(relay) and (other.heard == 1 and one.heard == 2), one, other
    )  # fmt: skip

    assert len(relay.passages) > 1
    assert not one.all(Lost)
    assert not other.all(Lost)


@pytest.mark.parametrize("way", [UP, DOWN])
def test_a_cut_of_one_direction_is_seen_by_both(
    relayed: tuple[End, End, Relay], way: str
) -> None:
    """One hears still, and what it says is not acknowledged; after the cut all is well."""
    one, other, relay = relayed
    until(lambda: stepped(relay) and (one.link.met and other.link.met), one, other)
    relay.hold(way)
    said = time.monotonic()
    for position in range(30):
        one.say(position)
        other.say(position)
        relay.step()
        step(one, other)
    deaf, heard = (other, one) if way == UP else (one, other)
    assert deaf.heard == -1
    assert heard.heard >= 0
    for end in (one, other):
        assert (end.link.acknowledged or 0.0) < said

    relay.hold()
    one.say(100)
    other.say(100)
    until(
        lambda: stepped(relay) and (one.heard == other.heard == 100), one, other
    )  # fmt: skip


def test_a_bit_that_changes_on_the_way_ends_the_connection_alone(
    relayed: tuple[End, End, Relay],
) -> None:
    one, other, relay = relayed
    relay.flip = 200  # in what is said once the channel is open
    until(lambda: stepped(relay) and other.all(Refused), one, other)
    relay.flip = None
    one.say(1)

    until(lambda: stepped(relay) and other.heard == 1, one, other)

    assert [event.kind for event in other.all(Refused)] == [GARBAGE]


def test_a_recorded_connection_cannot_be_played_again(
    relayed: tuple[End, End, Relay],
) -> None:
    one, other, relay = relayed
    one.say(1)
    until(lambda: stepped(relay) and other.heard == 1, one, other)
    recorded = relay.passages[0].ways[UP].seen
    before = len(other.all(Heard))

    with connect(other.settings) as thief:
        thief.send(recorded)
        until(lambda: gone(thief), one, other)

    assert [event.kind for event in other.all(Refused)] == [SECRET]
    assert len(other.all(Heard)) == before
    assert other.link.met is not None
