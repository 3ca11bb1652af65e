"""Two links in one process, on real sockets, each stepped as a controller's loop steps it."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from fixtures.ports import free_port
from pgx_mirror.core.report import Report
from pgx_mirror.peer.events import Event, Heard, Met
from pgx_mirror.peer.hello import Hello
from pgx_mirror.peer.link import Link
from pgx_mirror.peer.settings import Address, Settings

SECRET = b"a secret of thirty-two bytes ..."
LIMIT = 60.0  # seconds that what must come may take on a busy machine
_E = TypeVar("_E")


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Return ports of *host* that nobody has now, nor is given meanwhile."""
    return [free_port(host) for _ in range(count)]


def both(host: str = "127.0.0.1") -> tuple[Settings, Settings]:
    """Return the settings of two servers at *host*."""
    one, other = (Address(host, port) for port in free_ports(2, host))
    here = Settings("server1", "server2", one, other, SECRET)
    there = replace(here, me="server2", peer="server1", mine=other, theirs=one)
    return here, there


@dataclass
class End:
    """One server's link, and all that it has told."""

    settings: Settings
    hello: Hello = field(default_factory=lambda: Hello("", ""))
    events: list[Event] = field(default_factory=list)
    enter: Callable[[], None] = lambda: (
        None
    )  # into its network namespace, where it has one
    frozen: bool = False

    def __post_init__(self) -> None:
        if not self.hello.server:
            self.hello = Hello(self.settings.me, f"life of {self.settings.me}")
        self.link = self._link()

    def _link(self) -> Link:
        self.enter()
        return Link(self.settings, self.hello, time.monotonic())

    def restart(self, incarnation: str) -> None:
        """End this controller and start its next life."""
        self.link.close()
        self.hello = replace(self.hello, incarnation=incarnation)
        self.link = self._link()

    def say(self, position: int = 0) -> Report:
        """Say a report that is told from others by its *position*."""
        report = Report(
            self.settings.me, self.hello.incarnation, position=position, unable=("x",)
        )
        self.link.say(report)
        return report

    def all(self, kind: type[_E]) -> list[_E]:
        """Return the events of *kind* so far."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def heard(self) -> int:
        """The position that was heard last, -1 for none."""
        found = self.all(Heard)
        return found[-1].report.position if found else -1


def step(*ends: End, pause: float = 0.02) -> None:
    """Let each link that is not frozen do what is due and what its sockets are ready for."""
    poll, owners = select.poll(), {}
    for end in ends:
        if end.frozen:
            continue
        end.enter()
        end.events += end.link.tick(time.monotonic())
        for fd, mask in end.link.interests():
            poll.register(fd, mask)
            owners[fd] = end
    for fd, mask in poll.poll(pause * 1000):
        owners[fd].enter()
        owners[fd].events += owners[fd].link.ready(fd, mask, time.monotonic())


def until(condition: Callable[[], object], *ends: End, limit: float = LIMIT) -> None:
    """Step *ends* until *condition* holds.  Raises TimeoutError."""
    last = time.monotonic() + limit
    while not condition():
        if time.monotonic() > last:
            told = [(end.events, end.link.trouble) for end in ends]
            raise TimeoutError(f"not within {limit:g} s: {told}")
        step(*ends)


def steps(seconds: float, *ends: End) -> None:
    """Step *ends* for *seconds*, in which something may not happen."""
    last = time.monotonic() + seconds
    while time.monotonic() < last:
        step(*ends)


def met(*ends: End) -> None:
    """Step until each has met the other."""
    until(lambda: all(end.link.met for end in ends), *ends)
    assert all(end.all(Met) for end in ends)
