"""What mc_ctl is answered while a start, a stop or a switch is begun."""

from __future__ import annotations

import select
import socket
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pgx_mirror.controller import answering, place, words
from pgx_mirror.controller.answering import Answering
from pgx_mirror.controller.control import Listener
from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.step import step
from pgx_mirror.core.facts import DETACH, LEAVE, RUN, STOP, STOP_ALL, Facts
from pgx_mirror.core.mark import GIVEN, SYNC
from pgx_mirror.core.report import DOWN, STARTING, UP
from pgx_mirror.core.seen import Pauses
from tests.mirror.test_core_wishes import formed, marked

SERVER = "server1"


@dataclass
class Neighbour:
    """The other controller, which hears all that it is asked for."""

    asked: list[dict[str, Any]] = field(default_factory=list)

    def request(self, content: dict[str, Any]) -> bool:
        self.asked.append(content)
        return True

    met: bool = True

    def is_met(self) -> bool:
        return self.met


class Played:
    """A controller's answers for facts that a test makes, and who asks it."""

    def __init__(self, directory: Path, facts: Facts, now: float) -> None:
        self.facts, self.now, self._directory = facts, now, directory
        self.listener = Listener.open(str(directory), SERVER)
        self.peer = Neighbour()
        self.answers = Answering(self.listener, lambda _: {}, self.peer)

    def asks(self, verb: str, *options: str) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with place.opened(str(self._directory)) as dir_fd:
            sock.connect(place.through(dir_fd, place.socket_name(SERVER)))
        sock.sendall(words.ask(words.Question(verb, frozenset(options))))
        self.turn()
        return sock

    def turn(self) -> list[told.Event]:
        """Let the controller hear all that there is, and answer."""
        found: list[told.Event] = []
        while ready := self._ready():
            found += self.answers.hear(ready, self.facts, self.now)
        found += self.answers.finish(self.facts, self.now)
        for event in found:
            self.facts, _ = step(self.facts, event, self.now)
        return found

    def _ready(self) -> dict[int, int]:
        poll = select.poll()
        for fd, mask in self.answers.interests():
            poll.register(fd, mask)
        return dict(poll.poll(0))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path


def heard(sock: socket.socket) -> list[words.Answer]:
    """Return what *sock* was told, but for `accepted`."""
    data = b""
    sock.settimeout(0.05)
    try:
        while more := sock.recv(1 << 16):
            data += more
    except TimeoutError:
        pass
    found = [words.answered(line) for line in data.splitlines()]
    return [one for one in found if not isinstance(one, words.Accepted)]


def starting(facts: Facts, now: float, **changes: object) -> Facts:
    """Return *facts* as they are when a controller has just begun, its server down."""
    down = facts.but(server=DOWN, seen=None, peer=None, since=now, began=now)
    return down.but(heard_at=now, stream_at=now, **changes)


def test_a_start_that_is_refused_is_told_to_who_waits_for_the_decision(
    directory: Path,
) -> None:
    _, standby, now = formed()
    played = Played(directory, starting(standby, now), now)
    with (
        played.asks(words.AWAIT, words.BRIEFLY) as brief,
        played.asks(words.AWAIT) as whole,
    ):
        assert heard(brief) == []
        played.now += standby.terms.limit
        played.turn()

        for sock in (brief, whole):
            (said,) = heard(sock)
            assert isinstance(said, words.Refused)
            assert "primary's controller does not answer" in said.reasons[0].primary
    played.answers.close()


@pytest.mark.parametrize("server", [STARTING, UP])
def test_who_waits_for_the_decision_is_let_go_once_the_instance_starts(
    directory: Path, server: str
) -> None:
    primary, _, now = formed()
    played = Played(directory, starting(primary, now), now)
    with (
        played.asks(words.AWAIT, words.BRIEFLY) as brief,
        played.asks(words.AWAIT) as whole,
    ):
        assert heard(brief) == []
        played.facts = played.facts.but(server=server)
        played.turn()

        assert heard(brief) == [words.Done({})]
        assert heard(whole) == []  # nobody has looked at it yet
    played.answers.close()


def test_a_deposed_server_that_runs_still_is_no_start(directory: Path) -> None:
    primary, _, now = formed()
    deposed = marked(starting(primary, now, server=UP), GIVEN, 4, pair=2)
    played = Played(directory, deposed.but(up_at=now), now)
    with played.asks(words.AWAIT, words.BRIEFLY) as brief:
        assert heard(brief) == []
    played.answers.close()


def test_who_waits_for_the_decision_waits_no_longer_than_said(directory: Path) -> None:
    _, standby, now = formed()
    facts = starting(standby, now)
    patient = facts.but(since=now + 1000, heard_at=now + 1000)
    played = Played(directory, patient, now)
    with played.asks(words.AWAIT, words.BRIEFLY) as brief:
        played.now += answering.DECIDES_WITHIN - 0.1
        played.turn()
        assert heard(brief) == []
        played.now += 0.2
        played.turn()

        warned, last = heard(brief)
        assert isinstance(warned, words.Warned)
        assert "it is not decided within 10 s" in warned.what.primary
        assert last == words.Done({})
    played.answers.close()


def test_a_start_warns_of_a_stream_that_is_mute_when_idle(directory: Path) -> None:
    primary, _, now = formed()
    assert primary.seen is not None
    played = Played(directory, primary.but(since=now, up_at=now), now)
    with played.asks(words.AWAIT) as sock:
        assert heard(sock) == [words.Done({})]
    seen = replace(primary.seen, pauses=Pauses(60.0, 60.0, 10.0))
    played.facts = played.facts.but(seen=seen)
    with played.asks(words.AWAIT) as sock:
        warned, last = heard(sock)

    assert isinstance(warned, words.Warned)
    assert "no sign of life within 5.4 s" in warned.what.primary
    assert "wal_receiver_timeout is 60 s" in (warned.what.detail or "")
    assert last == words.Done({})
    played.answers.close()


@pytest.mark.parametrize(
    ("side", "failover", "options", "warns"),
    [
        (0, True, (), True),
        (0, False, (), False),
        (0, True, ("all",), False),
        (0, True, ("mc_only",), False),
        (1, True, (), False),
    ],
)
def test_a_stop_by_which_the_standby_takes_over_is_warned_of_before(
    directory: Path, side: int, *, failover: bool, options: tuple[str, ...], warns: bool
) -> None:
    *both, now = formed()
    facts = both[side]
    assert isinstance(facts, Facts)
    assert facts.mark is not None and (side == 1) == (facts.mark.state == SYNC)
    played = Played(directory, facts.but(failover=failover), now)
    played.turn()  # its start has come to its end
    with played.asks(words.STOP, *options) as sock:
        said = [one for one in heard(sock) if isinstance(one, words.Warned)]

    assert bool(said) == warns
    if warns:
        assert played.facts.wish == STOP
        assert said[0].what.primary.startswith('server "server2" takes over')
        assert "stop -a" in (said[0].what.hint or "")
    played.answers.close()


@pytest.mark.parametrize("wish", [STOP, STOP_ALL, LEAVE])
def test_a_stop_that_its_controller_has_died_over_is_carried_out_to_its_end(
    directory: Path, wish: str
) -> None:
    """The next controller finds the wish as it was kept, and nobody who waits for it."""
    primary, _, now = formed()
    stopped = primary.but(wish=wish, server=DOWN, failover=False, since=now)
    played = Played(directory, stopped, now)

    assert told.Wished(RUN) not in played.turn()
    assert played.answers.is_over()
    played.answers.close()


def test_a_standby_leaves_no_primary_whose_controller_has_just_gone(
    directory: Path,
) -> None:
    """It is not silent yet, but nobody would hear the promise and take the name out."""
    _, standby, now = formed()
    played = Played(directory, standby, now)
    played.peer.met = False
    with played.asks(words.DETACH) as sock:
        (said,) = heard(sock)
    assert isinstance(said, words.Refused)
    assert "commits would wait" in said.reasons[0].primary
    assert played.facts.wish == RUN and not played.facts.stays_out

    played.peer.met = True
    with played.asks(words.DETACH):
        assert played.facts.wish == DETACH
    played.answers.close()


@pytest.mark.parametrize(
    ("met", "options", "warned"),
    [(True, (), False), (False, (), True), (False, ("mc_only",), False)],
)
def test_a_stop_of_a_standby_whose_primary_has_no_controller_is_warned_of(
    directory: Path, met: bool, options: tuple[str, ...], warned: bool
) -> None:
    """It is carried out all the same: an operating system that goes down waits for it."""
    _, standby, now = formed()
    played = Played(directory, standby, now)
    played.peer.met = met
    with played.asks(words.STOP, *options) as sock:
        found = [one for one in heard(sock) if isinstance(one, words.Warned)]
    assert played.facts.wish == (LEAVE if options else STOP)
    assert bool(found) == warned
    played.answers.close()


def test_who_asked_the_standby_for_a_switch_hears_that_it_has_failed(
    directory: Path,
) -> None:
    """The primary, which was asked by its peer, tells that; the standby tells mc_ctl."""
    primary, standby, now = formed()
    there = Played(directory, primary, now)
    for event in there.answers.asked_by_peer({"wish": "switch"}, primary, now):
        there.facts, _ = step(there.facts, event, now)
    there.turn()
    assert there.peer.asked == []
    there.now = now + primary.terms.patience
    there.turn()
    there.answers.close()
    (said,) = there.peer.asked
    assert said["refused"]

    here = Played(directory, standby, now)
    with here.asks(words.SWITCH) as waits:
        assert here.peer.asked == [{"wish": "switch"}] and heard(waits) == []
        assert not list(here.answers.asked_by_peer(said, standby, now))
        (last,) = heard(waits)
    here.answers.close()
    assert isinstance(last, words.Refused)
    assert last.reasons[0].primary == said["refused"]
