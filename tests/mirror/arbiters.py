"""A real mc_arb on loopback, and a controller's connection to it in a loop of its own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from fixtures.commands import command
from fixtures.ports import free_port
from fixtures.processes import gone, wait_until
from pgx_mirror.core.cell import PAIR
from pgx_mirror.core.mark import Mark
from pgx_mirror.register.asking import Asking
from pgx_mirror.register.client import Register
from pgx_mirror.register.core.form import FILE, decode
from pgx_mirror.register.core.state import Kept
from pgx_mirror.register.core.words import PRIMARY, STANDBY, Beat, Reply, Request
from pgx_mirror.register.events import Answer, Away, Event, Reached
from pgx_mirror.register.house import LOCK
from pgx_mirror.sockets.names import Names

A, B = "server1", "server2"
SYSTEM = "7001"
SECRET = bytes(range(32))
LIMIT = 2.0  # seconds: a busy machine is no silent one
REPEATS = 3  # requests of a Talker's that may come back unanswered


class Arbiter:
    """A management directory, and the mc_arb that runs there."""

    def __init__(self, directory: Path, host: str = "127.0.0.1") -> None:
        self.directory, self.host = directory, host
        self.port = free_port()
        directory.mkdir(mode=0o700)
        self._file(
            "network.conf",
            f"{A} 127.0.0.1,127.0.0.2 {free_port()},{free_port()} server\n"
            f"{B} 127.0.0.1,127.0.0.3 {free_port()},{free_port()} server\n"
            f"arbiter {host} {self.port} arbiter\n",
        )
        # A server is silent by its own limit: here the arbiter's would be the longer one.
        patience = "heartbeat_retry = 20\n"
        where = f"port = {self.port}\nmy_address = '{host}'\n"
        self._file("arbitration.conf", where + patience)
        self._file("secret", SECRET.hex() + "\n")

    def _file(self, name: str, text: str) -> None:
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o600)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [command("mc_arb"), *arguments],
            env=os.environ | {"ARBCONTROLDIR": str(self.directory)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def start(self) -> None:
        result = self.run("start")
        # What is warned of, a port that is not in /etc/services, is another test's.
        if (result.returncode, result.stdout) != (0, ""):
            raise AssertionError(result)

    def client(self, me: str, beat: Beat, secret: bytes = SECRET) -> Register:
        """Return *me*'s connection."""
        names = Names(self.host, self.port)
        return Register(names, secret, me, "arbiter", beat, interval=0.1)

    @property
    def pid(self) -> int:
        return int((self.directory / LOCK).read_text().split()[0])

    def kill(self) -> None:
        """SIGKILL it, and wait until it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait_for_end()

    def wait_for_end(self) -> None:
        """Wait until it is gone: who was killed is so after its lock is free."""
        pid = self.pid
        wait_until(lambda: gone(pid), "the end of mc_arb")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        pid = self.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def kept(self) -> Kept:
        """What is on its disk."""
        return decode((self.directory / FILE).read_bytes())[0]

    def forget(self) -> None:
        (self.directory / FILE).unlink()

    def status(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Return what `status` says, which waits 3 s for an answer: asked until there is one."""
        said: list[subprocess.CompletedProcess[str]] = []

        def is_answered() -> bool:
            said[:] = [self.run("status", *arguments)]
            return "does not answer" not in said[0].stderr

        wait_until(is_answered, "mc_arb answers")
        return said[0]

    def online(self) -> list[str]:
        lines = self.status().stdout.splitlines()[2:]
        return [line.split()[0] for line in lines if line.split()[2] == "online"]


class Kind(Protocol):
    """A register of tests: an arbiter, or etcd."""

    def client(self, me: str, beat: Beat, secret: bytes) -> Asking:
        """Return *me*'s connection."""

    def kept(self) -> Kept:
        """Return what it has on disk."""


class Talker:
    """A controller's connection to a register, with a loop; what it hears, in order."""

    def __init__(
        self,
        arbiter: Kind,
        me: str,
        role: str,
        secret: bytes = SECRET,
        limit: float = LIMIT,
    ) -> None:
        beat = Beat(role, SYSTEM, limit)
        self.me, self._limit = me, limit
        self.heard: list[Event] = []
        self.repeats = 0
        self.register = arbiter.client(me, beat, secret)

    def __enter__(self) -> Talker:
        return self

    def __exit__(self, *_: object) -> None:
        self.register.close()

    def turn(self, longest: float = 0.05) -> None:
        now = time.monotonic()
        poll = select.poll()
        for fd, mask in self.register.interests():
            poll.register(fd, mask)
        wait = min(longest, max(0.0, self.register.next_tick() - now))
        for fd, mask in poll.poll(wait * 1000):
            self.heard += self.register.ready(fd, mask, time.monotonic())
        self.heard += self.register.tick(time.monotonic())

    def ask(self, request: Request) -> None:
        self.heard += self.register.ask(request, time.monotonic())

    def says(self, role: str) -> None:
        beat = Beat(role, SYSTEM, self._limit)
        self.heard += self.register.says(beat, time.monotonic())

    def bind(self, epoch: int, state: str, identity: str) -> None:
        mark = Mark(self.me, "9", SYSTEM, epoch, state, register=identity)
        self.heard += self.register.bound(mark, time.monotonic())

    @property
    def known(self) -> Reached | None:
        """What it knows now: None while the register is away."""
        found = [event for event in self.heard if not isinstance(event, Answer)]
        return found[-1] if found and isinstance(found[-1], Reached) else None

    @property
    def losses(self) -> list[Away]:
        return [event for event in self.heard if isinstance(event, Away)]

    @property
    def answers(self) -> list[Reply]:
        return [event.reply for event in self.heard if isinstance(event, Answer)]


def turn_until(
    condition: Callable[[], object], what: str, *talkers: Talker, limit: float = 60.0
) -> None:
    """Run the loops of *talkers* until *condition* holds."""

    def holds() -> object:
        for talker in talkers:
            talker.turn(0.02 / len(talkers))
        return condition()

    wait_until(holds, what, limit, pause=0)


def answer(talker: Talker, request: Request, *others: Talker) -> Reply:
    """Return the answer to *request*, the loops of *others* running too.

    It is asked again where it came back unanswered, as from a register that was away for a
    moment on a busy machine: what comes twice is answered right each time.  *talker* may do
    so a few times in all: no register gives every first request back.
    """
    count, before = len(talker.answers), _given_back(talker, request)
    asked = 0

    def answered() -> bool:
        nonlocal asked
        is_free = _given_back(talker, request) - before == asked
        if is_free and talker.register.is_reached:
            talker.repeats += asked > 0
            assert talker.repeats <= REPEATS, talker.losses
            asked += 1
            talker.ask(request)
        return len(talker.answers) > count

    turn_until(answered, "an answer", talker, *others)
    return talker.answers[-1]


def _given_back(talker: Talker, request: Request) -> int:
    return sum(loss.unanswered.count(request) for loss in talker.losses)


@contextmanager
def pair(arbiter: Kind, limit: float = LIMIT) -> Iterator[tuple[Talker, Talker]]:
    """Both controllers, that have enrolled the register with PAIR(1).

    *limit*: seconds after which each may be taken for silent.
    """
    with (
        Talker(arbiter, A, PRIMARY, limit=limit) as one,
        Talker(arbiter, B, STANDBY, limit=limit) as two,
    ):
        turn_until(lambda: one.known and two.known, "both are there", one, two)
        identity = arbiter.kept().identity
        one.bind(1, PAIR, identity)
        two.bind(1, "SYNC", identity)
        turn_until(lambda: one.known and one.known.cell, "a cell", one, two)
        yield one, two
