"""Two links under random cuts, hangs, freezes and restarts: in the end they hear each other."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.processes import stands, wait_until
from pgx_mirror.peer.events import Heard, Lost, Met, Refused
from pgx_mirror.peer.settings import Address
from pgx_mirror.peer.streams import EACH, OPEN
from tests.mirror.relay import DOWN, UP, Relay
from tests.mirror.two_links import End, both, free_ports, met, steps, until

ROOT = Path(__file__).resolve().parents[2]


class World:
    """Each server dials the other through a relay of its own."""

    def __init__(self, seed: int) -> None:
        self.choose = random.Random(seed)
        here, there = both()
        ports = free_ports(2)
        self.relays = [
            Relay(ports[0], there.mine.port),
            Relay(ports[1], here.mine.port),
        ]
        there = replace(there, theirs=Address("127.0.0.1", ports[1]))
        here = replace(here, theirs=Address("127.0.0.1", ports[0]))
        self.ends = [End(here), End(there)]
        self.lives = 0
        self.said = 0

    def act(self) -> None:
        """Do something to one of the two, or to what is between them."""
        end, relay = self.choose.choice(self.ends), self.choose.choice(self.relays)
        match self.choose.randrange(6):
            case 0:
                self.lives += 1
                end.restart(f"life {self.lives}")
                end.frozen = False
            case 1:
                end.frozen = not end.frozen
            case 2 | 3:
                relay.hold(*self.choose.sample([UP, DOWN], self.choose.randrange(3)))
            case 4:
                for passage in relay.passages:
                    passage.close()
            case _:
                for end in self.ends:
                    end.link.ask({"of": "no account"})
        self.say()
        self.steps(self.choose.random() * 0.1)
        for end in self.ends:
            assert len(end.link._streams.by_fd) <= 2 * EACH + OPEN + 1

    def say(self) -> None:
        self.said += 1
        for end in self.ends:
            end.say(self.said)

    def steps(self, seconds: float) -> None:
        for _ in range(1 + round(seconds / 0.01)):
            for relay in self.relays:
                relay.step()
            steps(0.01, *self.ends)

    def heal(self) -> None:
        for relay in self.relays:
            relay.hold()
        for end in self.ends:
            end.frozen = False

    def close(self) -> None:
        for closed in (*self.relays, *(end.link for end in self.ends)):
            closed.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_they_find_each_other(seed: int) -> None:
    free_ports(1)  # the first one opens what keeps others off this process's ports
    descriptors = len(os.listdir("/proc/self/fd"))
    world = World(seed)
    one, other = world.ends
    for _ in range(25):
        world.act()
    world.heal()
    world.say()

    def together() -> bool:
        for relay in world.relays:
            relay.step()
        return one.heard == other.heard == world.said

    until(together, one, other)

    for end in world.ends:
        assert not end.all(Refused)
        _told_in_turn(end)
    world.close()
    assert len(os.listdir("/proc/self/fd")) == descriptors


def _told_in_turn(end: End) -> None:
    """Whoever is heard has been met; whoever is lost had been; no report comes again."""
    there, last, life = False, -1, ""
    for event in end.events:
        match event:
            case Met(hello):
                if hello.incarnation != life:
                    last, life = -1, hello.incarnation
                there = True
            case Lost():
                assert there
                there = False
            case Heard(report):
                assert there
                assert report.incarnation == life
                assert report.position > last
                last = report.position
            case _:
                pass


def test_a_process_that_is_stopped_and_goes_on_is_heard_again() -> None:
    """Its kernel answers for it all the while."""
    here, there = both()
    one = End(here)
    words = [str(there.mine.port), str(here.mine.port)]
    code = "from tests.mirror.one_link import run; run(*map(int, __import__('sys').argv[1:]))"
    paths = os.pathsep.join(path for path in sys.path if path)
    other = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
    )
    try:
        one.say(1)
        until(lambda: one.heard > 0 and one.link.acknowledged is not None, one)
        other.send_signal(signal.SIGSTOP)
        wait_until(lambda: stands(other.pid), "it stands")
        steps(0.3, one)
        before = one.heard
        for position in range(10):
            one.say(position)
            steps(0.2, one)
        assert one.heard == before
        other.send_signal(signal.SIGCONT)

        until(lambda: one.heard > before + 3, one)

        assert len(one.all(Met)) == 1
        assert not one.all(Lost)
    finally:
        other.kill()
        other.wait()
        one.link.close()


def test_a_process_that_is_killed_is_lost() -> None:
    one, other = map(End, both())
    met(one, other)
    other.link.close()

    # What it had said on a second connection may come to light after the first has ended.
    until(lambda: one.all(Lost) and one.link.met is None and one.link.trouble, one)

    one.link.close()
