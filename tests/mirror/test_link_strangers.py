"""Strangers at the port: none is let in, none keeps the peer out, and nothing grows."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pgx_mirror.peer import streams
from pgx_mirror.peer.events import FLOOD, GARBAGE, SECRET, SILENT, Met, Refused
from pgx_mirror.peer.settings import Address
from pgx_mirror.peer.streams import EACH
from pgx_mirror.wire.frames import frame
from tests.mirror.strangers import connect, gone
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
    deaf: tuple[End, End], source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From elsewhere, or from the peer's own host: what is oldest and proves nothing goes."""
    monkeypatch.setattr(streams, "OPENING", 600.0)  # none goes for its slowness
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

    assert [event.kind for event in one.all(Refused)] == [SILENT]
    stranger.close()


def listening(end: End) -> bool:
    """Whether new connections are looked for."""
    own = {door.fileno() for door in end.link._ends.doors}
    return bool(own & {fd for fd, _ in end.link.interests()})


def test_without_a_free_descriptor_the_loop_rests_and_goes_on(
    ends: tuple[End, End],
) -> None:
    one, other = ends
    met(one, other)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    stranger = socket.socket()
    held = [socket.socket() for _ in range(20)]  # those between are taken
    stranger.connect((one.settings.mine.host, one.settings.mine.port))
    for sock in held:
        sock.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        until(lambda: not listening(one), one)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    one.say(5)
    until(lambda: other.heard == 5, one, other)
    until(lambda: listening(one), one, other)
    stranger.send(b"x" * 10)
    until(lambda: gone(stranger), one, other)
    stranger.close()


def test_a_link_that_is_led_to_itself_meets_nobody() -> None:
    """Whoever sits on the peer's address hands this server's own challenges back to it."""
    here, _ = both()
    one = End(replace(here, theirs=here.mine))

    until(lambda: one.link.trouble, one)
    steps(0.5, one)

    assert not one.all(Met)
    assert all(event.kind != SECRET for event in one.all(Refused))
    one.link.close()
