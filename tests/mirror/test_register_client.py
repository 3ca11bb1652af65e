"""Whatever an arbiter does, a controller knows of each ask: answered, or not known."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import given, settings
from hypothesis import strategies as st

from pgx_mirror.core.cell import PAIR, Cell
from pgx_mirror.core.mark import Mark
from pgx_mirror.register import payloads
from pgx_mirror.register.asking import SILENT
from pgx_mirror.register.client import Register
from pgx_mirror.register.core import words
from pgx_mirror.register.core.words import (
    PRIMARY,
    STANDBY,
    Beat,
    Enrol,
    Read,
    Reply,
    Win,
)
from pgx_mirror.register.events import Answer, Away, Event, Reached
from pgx_mirror.register.line import Line, Parted
from pgx_mirror.register.payloads import PURPOSE
from pgx_mirror.sockets.names import Names
from pgx_mirror.wire.channel import SERVER, Channel

SECRET, LIMIT, INTERVAL, BY_ITSELF = bytes(32), 5.0, 1.0, 1.25
CELL = Cell(1, PAIR, "server1")


class Bed:
    """A client, and an arbiter of the test's own, on one connection; the time is the test's."""

    def __init__(self, listener: socket.socket) -> None:
        self.now = 0.0
        self.heard: list[Event] = []
        self.asked: list[tuple[int, words.Request]] = []
        self._listener = listener
        self._line: Line | None = None
        port = listener.getsockname()[1]
        self.register = Register(
            Names("127.0.0.1", port),
            SECRET,
            "server1",
            "arbiter",
            Beat(PRIMARY, "7", LIMIT),
            interval=INTERVAL,
        )

    def meet(self, cell: Cell | None = CELL) -> None:
        """Connect, and answer the first beat."""
        self.heard += self.register.tick(self.now)
        sock, _ = self._listener.accept()
        sock.setblocking(False)
        channel = Channel(SECRET, "arbiter", SERVER, os.urandom(32), PURPOSE)
        self._line = Line(sock, channel)
        self._line.flush()
        while not self.asked:
            self.turn()
        self.say(self.asked.pop(0)[0], Reply(words.CELL, cell))
        while not self.register.is_reached:
            self.turn()

    def say(self, number: int, reply: Reply, identity: str = "1d") -> None:
        assert self._line is not None
        self._line.say(payloads.answered(number, identity, reply))

    def noise(self) -> None:
        """Say something authentic that is no answer."""
        assert self._line is not None
        self._line.say(b'{"number": 1}')

    def leave(self) -> None:
        assert self._line is not None
        self._line.close()

    def turn(self) -> None:
        """Let both ends take what has come."""
        poll = select.poll()
        for fd, mask in self.register.interests():
            poll.register(fd, mask)
        for fd, mask in poll.poll(20):
            self.heard += self.register.ready(fd, mask, self.now)
        try:
            if self._line is not None and self._line.fileno() >= 0:
                found = self._line.received()
                self.asked += [payloads.read_asked(payload) for payload in found]
        except Parted:
            pass

    def until_come(self) -> None:
        """Wait until what was said lies before the client: the kernel may take its time."""
        fds = [fd for fd, _ in self.register.interests()]
        assert select.select(fds, [], [], 60)[0]

    def ask(self, request: words.Request) -> None:
        self.heard += self.register.ask(request, self.now)

    def numbers(self, count: int) -> list[int]:
        """Return the numbers of the next *count* requests."""
        while len(self.asked) < count:
            self.turn()
        found, self.asked = self.asked, []
        return [number for number, _ in found]

    def until(self, kind: type[Event]) -> None:
        while not any(isinstance(event, kind) for event in self.heard):
            self.turn()

    def close(self) -> None:
        self.register.close()
        if self._line is not None:
            self._line.close()


@contextmanager
def bed() -> Iterator[Bed]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Bed(listener)
        try:
            yield made
        finally:
            made.close()


DEEDS = st.sampled_from(
    ["answer", "twice", "other identity", "noise", "leave", "silence"]
)


def _do(place: Bed, deed: str, number: int) -> None:
    try:
        match deed:
            case "answer":
                place.say(number, Reply(words.CELL, CELL))
            case "twice":
                place.say(number, Reply(words.CELL, CELL))
                place.say(number, Reply(words.CELL, CELL))
            case "other identity":
                place.say(number, Reply(words.CELL, CELL), "1e")
            case "noise":
                place.noise()
            case "leave":
                place.leave()
            case _:
                pass
    except (Parted, OSError):
        pass  # the client has gone already


@given(st.lists(DEEDS, min_size=1, max_size=6))
@settings(max_examples=40)
def test_each_ask_is_answered_or_given_back_once(deeds: list[str]) -> None:
    with bed() as place:
        place.meet()
        place.heard.clear()
        requests = [Win(epoch) for epoch in range(len(deeds))]
        for request in requests:
            place.ask(request)
        for deed, number in zip(deeds, place.numbers(len(deeds)), strict=True):
            _do(place, deed, number)
        for _ in range(3):
            place.turn()
        place.now += 2 * LIMIT
        if place.register.is_reached:
            place.heard += place.register.tick(place.now)
        answered = [e.request for e in place.heard if isinstance(e, Answer)]
        away = [e for e in place.heard if isinstance(e, Away)]
        given_back = [request for event in away for request in event.unanswered]
        assert len(away) <= 1
        assert sorted(answered + given_back, key=str) == sorted(requests, key=str)


def test_an_answer_that_comes_with_garbage_behind_it_counts() -> None:
    with bed() as place:
        place.meet()
        place.ask(Read())
        place.ask(Win(1))
        first, _ = place.numbers(2)
        place.say(first, Reply(words.CELL, CELL))
        place.noise()
        place.until(Away)
        kinds = [type(event) for event in place.heard]
        assert kinds == [Reached, Answer, Away]
        assert place.heard[-1] == Away(
            "the fields are not those of a Answered", (Win(1),)
        )


def test_silence_is_counted_from_what_is_not_answered() -> None:
    with bed() as place:
        place.meet()
        place.heard.clear()
        place.now = asked = BY_ITSELF
        assert place.register.next_tick() == BY_ITSELF
        assert place.register.tick(place.now) == []  # it beats
        assert place.register.next_tick() == asked + BY_ITSELF
        place.now = asked + LIMIT - 0.01
        assert place.register.tick(place.now) == []
        place.now = asked + LIMIT
        assert place.register.tick(place.now) == [Away(SILENT)]
        assert place.register.next_tick() == place.now + INTERVAL / 2


def test_it_beats_when_told_and_by_itself_only_where_nobody_does() -> None:
    with bed() as place:
        place.meet()
        for now in (1.0, 2.0, 3.0):
            assert place.register.tick(now) == []
            assert place.register.beats(now) == []
            assert place.register.next_tick() == now + BY_ITSELF
        assert _requests(place, 3) == 3 * [Beat(PRIMARY, "7", LIMIT)]


def test_a_controller_that_was_frozen_hears_before_it_judges() -> None:
    with bed() as place:
        place.meet()
        place.register.tick(BY_ITSELF)
        (number,) = place.numbers(1)
        place.say(number, Reply(words.CELL, CELL))
        place.until_come()
        place.now = 1000.0
        for _ in range(2):
            place.turn()
        assert place.register.tick(place.now) == []
        assert place.register.is_reached


def test_another_role_is_said_at_once_and_the_same_not() -> None:
    with bed() as place:
        place.meet()
        assert place.register.says(Beat(PRIMARY, "7", LIMIT), 0.5) == []
        place.register.says(Beat(STANDBY, "7", LIMIT), 0.5)
        while not place.asked:
            place.turn()
        assert [request for _, request in place.asked] == [Beat(STANDBY, "7", LIMIT)]


def test_an_empty_register_is_enrolled_with_each_mark_once() -> None:
    with bed() as place:
        place.register.bound(_mark(1, "SYNC"), 0.0)
        place.meet(None)
        assert _requests(place, 1) == [Enrol(1, "SYNC")]
        place.register.bound(_mark(1, "SYNC"), 0.0)
        place.register.bound(_mark(3, "OUT"), 0.0)
        assert _requests(place, 1) == [Enrol(3, "OUT")]


def test_a_win_names_the_register_of_the_mark() -> None:
    with bed() as place:
        place.meet()
        place.ask(Win(1))
        place.register.bound(_mark(1, "PAIR"), 0.0)
        place.ask(Win(1))
        assert _requests(place, 2) == [Win(1, ""), Win(1, "1d")]
        assert place.heard == [Reached("1d", CELL)]


def _mark(epoch: int, state: str) -> Mark:
    return Mark("server1", "9", "7", epoch, state, register="1d")


def _requests(place: Bed, count: int) -> list[words.Request]:
    while len(place.asked) < count:
        place.turn()
    found, place.asked = place.asked, []
    return [request for _, request in found]


def test_a_name_that_leads_nowhere_is_told() -> None:
    register = Register(
        Names("no-such-host.invalid", 1),
        SECRET,
        "server1",
        "arbiter",
        Beat(PRIMARY, "7", LIMIT),
        interval=INTERVAL,
    )
    heard: list[Event] = []
    now = 0.0
    while not heard:
        now += 0.5
        heard += register.tick(now)
        poll = select.poll()
        for fd, mask in register.interests():
            poll.register(fd, mask)
        for fd, mask in poll.poll(200):
            heard += register.ready(fd, mask, now)
    register.close()
    assert isinstance(heard[0], Away)
    assert heard[0].why
