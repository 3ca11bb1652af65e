"""Which connection speaks, which are too many, which are over: decided without a peer."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.peer.codec import written
from pgx_mirror.peer.hello import Hello
from pgx_mirror.peer.pipe import Clear, Pipe
from pgx_mirror.peer.stream import Closed, Stream
from pgx_mirror.peer.streams import (
    CONNECTING,
    EACH,
    IDLE,
    OPEN,
    OPENING,
    Streams,
)
from pgx_mirror.peer.talk import Talk
from pgx_mirror.wire.channel import SERVER, Channel

PEER = "192.0.2.2"


def _pipe() -> Pipe:
    return Pipe(Clear(), lambda _: Channel(b"s" * 16, "a", SERVER, b"n" * 32, b"peer"))


class Many(Streams):
    """Connections whose other ends are kept open here."""

    def __init__(self) -> None:
        super().__init__()
        self.others: list[socket.socket] = []

    def come(self, host: str = PEER, at: float = 0.0) -> Stream:
        mine, other = socket.socketpair()
        self.others.append(other)
        stream = Stream(mine, _pipe(), host, at)
        self.add(stream, at)
        return stream

    def greet(self, stream: Stream, life: str = "first") -> None:
        stream.talk = Talk("server2", b"")
        stream.talk.take(written(Hello("server2", life)))
        self.opened(stream)

    def close(self) -> None:
        for stream in list(self.by_fd.values()):
            self.remove(stream)
        for other in self.others:
            other.close()


@pytest.fixture
def many() -> Iterator[Many]:
    found = Many()
    yield found
    found.close()


def test_strangers_do_not_take_the_peers_places(many: Many) -> None:
    mine = [many.come(at=1.0) for _ in range(EACH - 1)]
    first, *_ = [many.come("192.0.2.99", at) for at in range(EACH)]

    assert many.crowded("192.0.2.99", {PEER}) is first
    assert many.crowded(PEER, {PEER}) is None
    many.come(at=2.0)
    assert many.crowded(PEER, {PEER}) in mine


def test_who_has_proved_it_takes_no_place(many: Many) -> None:
    for _ in range(EACH):
        many.greet(many.come())

    assert many.crowded(PEER, {PEER}) is None


def test_whichever_opened_last_speaks(many: Many) -> None:
    one, other = many.come(at=1.0), many.come(at=2.0)
    voices = [many.voice]
    for stream in (other, one):
        many.greet(stream)
        voices.append(many.voice)
    many.remove(one)

    assert [*voices, many.voice] == [None, other, one, other]


def test_of_many_the_latest_are_kept(many: Many) -> None:
    opened = []
    for _ in range(OPEN + 2):
        opened.append(many.come())
        many.greet(opened[-1])

    assert set(many.replaced(opened[-1])) == set(opened[:2])


def test_another_lifes_are_over_at_once(many: Many) -> None:
    before, after = many.come(), many.come()
    many.greet(before, "first")
    many.greet(after, "second")

    assert list(many.replaced(after)) == [before]


def test_what_does_not_come_about_is_given_up(many: Many) -> None:
    dialled, accepted = many.come(), many.come()
    dialled.connecting = dialled.dialled = True

    assert list(many.overdue(CONNECTING - 0.1, 10.0)) == []
    assert [s for s, _ in many.overdue(CONNECTING, 10.0)] == [dialled]
    assert {s for s, _ in many.overdue(OPENING, 10.0)} == {dialled, accepted}
    assert min(many.dues(10.0)) == CONNECTING


def test_what_nobody_uses_is_closed_in_the_end(many: Many) -> None:
    spare, voice = many.come(), many.come()
    many.greet(spare)
    many.greet(voice)

    assert list(many.overdue(IDLE - 1, 10.0)) == []
    assert [s for s, _ in many.overdue(IDLE, 10.0)] == [spare]


@given(st.lists(st.sampled_from([PEER, "192.0.2.9", "192.0.2.8"]), max_size=60))
def test_a_flood_is_bounded_whoever_sends_it(hosts: list[str]) -> None:
    many = Many()
    for at, host in enumerate(hosts):
        crowd = many.crowded(host, {PEER})
        if crowd is not None:
            many.remove(crowd)
        newest = many.come(host, float(at))
        assert newest in many.by_fd.values()
    kinds = [stream.host == PEER for stream in many.by_fd.values()]

    assert kinds.count(True) == min(EACH, hosts.count(PEER))
    assert kinds.count(False) == min(EACH, len(hosts) - hosts.count(PEER))
    many.close()


def test_a_socket_that_has_connected_to_itself_is_nobody() -> None:
    """So it is on loopback, where the port dialled is one that the system gives away."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.connect(sock.getsockname())
    stream = Stream(sock, _pipe(), "127.0.0.1", 0.0)
    stream.connecting = True

    with pytest.raises(Closed, match="nobody listens"):
        stream.connected()
    stream.close()
