"""Strangers, freezes and cuts: nothing is let in, nothing grows, and the two find each other."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pgx_mirror.peer import link, streams
from pgx_mirror.peer.events import FLOOD, GARBAGE, SECRET, Heard, Lost, Met, Refused
from pgx_mirror.peer.settings import Address, Settings
from pgx_mirror.peer.streams import EACH
from pgx_mirror.peer.talk import WINDOW
from pgx_mirror.wire.frames import frame
from tests.mirror.relay import DOWN, UP, Relay
from tests.mirror.two_links import End, both, free_ports, met, step, steps, until


@pytest.fixture
def ends() -> Iterator[tuple[End, End]]:
    one, other = map(End, both())
    yield one, other
    one.link.close()
    other.link.close()


@pytest.fixture
def deaf() -> Iterator[tuple[End, End]]:
    """Two of which the first cannot dial: who wants to meet it has to come in by its port."""
    here, there = both()
    one = End(replace(here, theirs=Address("127.0.0.1", free_ports(1)[0])))
    other = End(there)
    yield one, other
    one.link.close()
    other.link.close()


def connect(settings: Settings, source: str = "127.0.0.9") -> socket.socket:
    """Return a stranger's connection to the link of *settings*."""
    place = settings.mine.host, settings.mine.port
    return socket.create_connection(place, source_address=(source, 0))


def gone(sock: socket.socket) -> bool:
    """Whether the other end has closed *sock*."""
    sock.setblocking(False)
    try:
        while sock.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


@pytest.mark.parametrize(
    "text",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\0" * 100_000,
        b"\x16\x03\x01\x02\0\x01",
        frame(b"P" + bytes(600)),
        frame(b"D" + bytes(100)),
        frame(b""),
        b"PGX\1\xff\xff\xff\xff" + bytes(1000),
    ],
)
def test_garbage_is_turned_away_and_told(ends: tuple[End, End], text: bytes) -> None:
    one, other = ends
    stranger = connect(one.settings)
    stranger.setblocking(False)
    stranger.send(text)

    until(lambda: gone(stranger), one, other)
    met(one, other)

    assert [(event.address, event.kind) for event in one.all(Refused)] == [
        ("127.0.0.9", GARBAGE)
    ]
    assert not other.all(Refused)
    stranger.close()


def test_garbage_again_and_again_is_told_once(ends: tuple[End, End]) -> None:
    one, other = ends
    for _ in range(30):
        with connect(one.settings) as stranger:
            stranger.send(b"x" * 100)
            until(lambda: gone(stranger), one, other)

    assert len(one.all(Refused)) == 1


@pytest.mark.parametrize("source", ["127.0.0.9", "127.0.0.1"])
def test_a_flood_of_connections_keeps_nobody_out(
    deaf: tuple[End, End], source: str
) -> None:
    """From elsewhere, or from the peer's own host: what is oldest and proves nothing goes."""
    one, other = deaf
    flood = []
    for _ in range(60):
        flood.append(connect(one.settings, source))
        step(one, other)
        assert len(one.link._streams.by_fd) <= 2 * EACH + 2
    one.say(1)

    until(lambda: other.heard == 1, one, other)

    assert {event.kind for event in one.all(Refused)} == {FLOOD}
    assert sum(not gone(sock) for sock in flood) <= EACH
    for sock in flood:
        sock.close()


def test_who_speaks_a_byte_at_a_time_is_not_waited_for(
    ends: tuple[End, End], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "OPENING", 1.0)
    one, other = ends
    stranger = connect(one.settings)
    text = iter(frame(b"P" + bytes(500)))

    def drip() -> bool:
        try:
            stranger.send(bytes([next(text)]))
            steps(0.02, one, other)
        except OSError:
            return True
        return gone(stranger)

    until(drip, one, other)
    met(one, other)

    assert [event.kind for event in one.all(Refused)] == [GARBAGE]
    stranger.close()


def test_without_a_free_descriptor_the_loop_rests_and_goes_on(
    ends: tuple[End, End],
) -> None:
    one, other = ends
    met(one, other)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    stranger = socket.socket()
    highest = stranger.fileno() + 1
    held = [socket.socket() for _ in range(20)]  # those between are taken
    stranger.connect((one.settings.mine.host, one.settings.mine.port))
    for sock in held:
        sock.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        until(one.link._muted, one)
        listening = {sock.fileno() for sock in one.link._ends.listeners}
        assert not listening & {fd for fd, _ in one.link.interests()}
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert highest

    one.say(5)
    until(lambda: other.heard == 5, one, other)
    until(lambda: not one.link._muted(), one, other)
    stranger.send(b"x" * 10)
    until(lambda: gone(stranger), one, other)
    stranger.close()


def test_a_frozen_peer_costs_nothing_and_hears_the_latest(
    ends: tuple[End, End],
) -> None:
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
    until(lambda: other.heard == 2, one, other)
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


def test_a_link_that_is_led_to_itself_meets_nobody() -> None:
    """Whoever sits on the peer's address hands this server's own challenges back to it."""
    here, _ = both()
    one = End(replace(here, theirs=here.mine))

    until(lambda: one.link.trouble, one)
    steps(0.5, one)

    assert not one.all(Met)
    assert all(event.kind != SECRET for event in one.all(Refused))
    one.link.close()
