"""One thing that a pair does, struck at one durable call of one side, and what comes after.

Afterwards an administrator does what status and the refusals say: starts what does not run,
and rebuilds what is deposed.  Nothing is forced.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from fixtures import processes
from fixtures.commands import command
from fixtures.pair.place import OTHER, A, B
from fixtures.processes import wait_until
from pgx_base import proc
from pgx_mirror.core.mark import ALONE, GIVEN
from pgx_mirror.core.report import NAMES_OUT
from tests.mirror.strikes import Held, Stop, held
from tests.mirror.whole import PATIENCE, Whole

JOIN, DETACH, SWITCH, CRASH, FREEZE = "join", "detach", "switch", "crash", "freeze"
PRIMARY, STANDBY = "primary", "standby"

# Who is killed: the hand, with it the controller, all controllers and the watcher, with
# them the server, or the controllers of both servers.
HAND, CONTROLLER, ALL, SERVER, BOTH = "hand", "controller", "all", "server", "both"
WHOM = (ALL, CONTROLLER, SERVER, HAND, BOTH)

_ENDS_WITHIN = 60.0  # seconds for what is done without a strike


@dataclass(frozen=True)
class Strike:
    """While *what* is done, on the *side*, behind its durable call *number*: kill *whom*."""

    what: str
    side: str
    number: int
    whom: str

    def __str__(self) -> str:
        return f"{self.what}-{self.side}-{self.number}-{self.whom}"


class Striking:
    """A pair at which is struck."""

    def __init__(self, pair: Whole, strike: Strike) -> None:
        self.pair, self.strike = pair, strike
        self.first, self.other = pair.primary(), pair.standby()
        self.target = self.first if strike.side == PRIMARY else self.other
        self._frozen: list[int] = []
        self._asked: subprocess.Popen[str] | None = None

    def run(self) -> str:
        """Do it, and return behind which call was struck; empty where there are fewer."""
        pair, at = self.pair, ""
        self._prepare()
        log, data = pair.home / "strace.log", pair.servers[self.target].data
        with held(pair.controllers(self.target), data, log) as held_at:
            ended = self._begin()
            stop = self._wait(held_at, ended)
            if stop is not None:
                at = stop.call
                self._kill(stop)
        self._thaw()
        if self._asked is not None:
            self._asked.communicate(timeout=PATIENCE)
        if self.strike.what == DETACH:
            self._let_in()
        mend(pair)
        return at

    def _prepare(self) -> None:
        if self.strike.what != JOIN:
            return
        pair = self.pair
        pair.mc_ctl(self.other, "stop")
        wait_until(lambda: pair.names(self.first) == NAMES_OUT, "it is alone", PATIENCE)
        if self.strike.side == STANDBY:
            pair.mc_ctl(self.other, "start", "-f")

    def _begin(self) -> Callable[[], bool]:
        """Begin what is struck at, and return what tells that it has come to its end."""
        pair, first, other = self.pair, self.first, self.other
        match self.strike.what:
            case "join":
                if self.strike.side == PRIMARY:
                    pair.mc_ctl(other, "start", "-f")
                return pair.is_switchable
            case "detach" | "switch" as verb:
                self._asked = asked = self._ask(verb)
                return lambda: asked.poll() is not None
            case "crash":
                processes.kill(pair.servers[first].pid() or 0)
            case "freeze":
                self._frozen = pair.processes(first)
                for pid in self._frozen:
                    processes.kill(pid, signal.SIGSTOP)
            case what:
                raise AssertionError(what)
        return lambda: (
            pair.mark(other).state == ALONE and pair.names(other) == NAMES_OUT
        )

    def _ask(self, verb: str) -> subprocess.Popen[str]:
        """Run mc_ctl on the primary, without waiting for it."""
        pair = self.pair
        where = ["-M", str(pair.mcdir(self.first)), "--local-server", self.first]
        return subprocess.Popen(
            [command("mc_ctl"), verb, *where],
            env=pair.environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **pair.user.popen_options(),
        )

    def _wait(self, at: Held, ended: Callable[[], bool]) -> Stop | None:
        """Let hands go on until the call that is wanted, None where it does not come."""
        count, look_at = 0, time.monotonic() + 1
        until = time.monotonic() + _ENDS_WITHIN
        while time.monotonic() < until:
            for stop in at.stops():
                if at.is_durable(stop):
                    count += 1
                    if count == self.strike.number:
                        return stop
                at.go_on(stop)
            if time.monotonic() > look_at:
                if ended():
                    break
                look_at = time.monotonic() + 1
            time.sleep(0.01)
        return None

    def _kill(self, stop: Stop) -> None:
        pair, whom = self.pair, self.strike.whom
        if whom in (ALL, SERVER, BOTH):
            pair.kill_controllers(self.target)
        if whom == BOTH:
            pair.kill_controllers(OTHER[self.target])
        if whom == SERVER:
            pair.kill_server(self.target)
        if whom == CONTROLLER and (stat := proc.read_stat(stop.pid)) is not None:
            processes.kill(stat[1])
        processes.kill(stop.pid)

    def _thaw(self) -> None:
        for pid in self._frozen:
            processes.kill(pid, signal.SIGCONT)

    def _let_in(self) -> None:
        """What was disconnected by hand comes back by a stop and a start."""
        pair = self.pair
        if pair.controllers(self.other):
            pair.mc_ctl(self.other, "stop", check=False)


def mend(pair: Whole) -> None:
    """Start what does not run and rebuild what is deposed, until the pair is whole."""

    def mended() -> bool:
        for name in (A, B):
            if not pair.controllers(name):
                pair.start(name)
        if pair.is_switchable():
            return True
        for name in (A, B):
            if _is_deposed(pair, name):
                pair.rebuild(name)
        return False

    try:
        wait_until(mended, "the pair is whole", 2 * PATIENCE, 0.3)
    except TimeoutError as ex:
        ex.add_note(pair.shown())
        raise


def _is_deposed(pair: Whole, name: str) -> bool:
    other = pair.mark(OTHER[name]).state
    return (
        pair.mark(name).state == GIVEN
        and other == ALONE
        and not pair.is_standby(OTHER[name])
    )
