"""One thing that a pair does, struck at one durable call of one side, and what comes after.

Afterwards an administrator does what status and the refusals say: starts what does not run,
and rebuilds what is deposed.  Nothing is forced.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fixtures import processes
from fixtures.commands import command
from fixtures.pair.place import OTHER, A, B
from fixtures.processes import wait_until
from pgx_base import proc
from pgx_mirror.core.mark import ALONE, GIVEN, Broken
from pgx_mirror.core.report import NAMES_OUT
from tests.mirror.strikes import Held, Stop, holding
from tests.mirror.whole import PATIENCE, Whole

# What is done: the other joins; mc_ctl on the primary; its postmaster is killed; all of it
# is frozen, so that the other takes over by the register; it is thawed after that and hears
# that it is deposed; mc_ctl start of a side whose power was lost; mc_ctl setup.
JOIN, DETACH, SWITCH, CRASH, FREEZE = "join", "detach", "switch", "crash", "freeze"
DEPOSED, START, SETUP = "deposed", "start", "setup"
PRIMARY, STANDBY = "primary", "standby"

# Who is killed: the hand, with it the controller, all controllers and the watcher, with
# them the server, or the controllers of both servers.
HAND, CONTROLLER, ALL, SERVER, BOTH = "hand", "controller", "all", "server", "both"
WHOM = (ALL, CONTROLLER, SERVER, HAND, BOTH)

_ENDS_WITHIN = 120.0  # seconds for what is done without a strike


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
        self._frozen: set[int] = set()
        self._asked: subprocess.Popen[str] | None = None
        self.said = ""  # by the mc_ctl that was asked

    def run(self) -> str:
        """Do it, and return behind which call was struck; empty where there are fewer."""
        pair, at = self.pair, ""
        self._prepare()
        log, data = pair.home / "strace.log", pair.servers[self.target].data
        with holding(data, log) as held_at:
            if self.strike.what not in (START, SETUP):
                held_at.hold(pair.controllers(self.target))
            ended = self._begin(held_at)
            stop = self._wait(held_at, ended)
            if stop is not None:
                at = stop.call
                self._kill(stop)
        self._thaw()
        if self._asked is not None:
            self.said = "".join(self._asked.communicate(timeout=PATIENCE))
        if self.strike.what == DETACH:
            self._let_in()
        mend(pair)
        return at

    def _prepare(self) -> None:
        pair, first, other = self.pair, self.first, self.other
        match self.strike.what:
            case "join" | "setup":
                pair.mc_ctl(other, "stop")
                wait_until(
                    lambda: pair.names(first) == NAMES_OUT, "it is alone", PATIENCE
                )
                if (self.strike.what, self.strike.side) == (JOIN, STANDBY):
                    pair.mc_ctl(other, "start", "-f", "-W")
            case "start":
                pair.power_off(self.target)
            case "deposed":
                self._freeze()
                wait_until(self._has_taken_over, "it has taken over", PATIENCE)
            case _:
                pass

    def _freeze(self) -> None:
        self._frozen = processes.freeze(lambda: self.pair.processes(self.first))

    def _has_taken_over(self) -> bool:
        pair, other = self.pair, self.other
        return pair.mark(other).state == ALONE and pair.names(other) == NAMES_OUT

    def _begin(self, at: Held) -> Callable[[], bool]:
        """Begin what is struck at, and return what tells that it has come to its end."""
        pair, first, other = self.pair, self.first, self.other
        match self.strike.what:
            case "join":
                if self.strike.side == PRIMARY:
                    pair.mc_ctl(other, "start", "-f", "-W")
                return pair.is_switchable
            case "detach" | "switch" as verb:
                self._asked = asked = self._ask(verb)
                return lambda: asked.poll() is not None
            case "crash":
                processes.kill(pair.servers[first].pid() or 0)
            case "freeze":
                self._freeze()
            case "deposed":
                self._thaw()
                return lambda: (
                    pair.mark(first).state == GIVEN
                    and pair.servers[first].pid() is None
                )
            case "start" | "setup" as verb:
                words = ["start", "-w", "-f"]
                if verb == SETUP:
                    words = pair.setup_words(self.target)
                run = at.run(self._line(self.target, *words), **self._as_user())
                return lambda: run.poll() is not None
            case what:
                raise AssertionError(what)
        return self._has_taken_over

    def _ask(self, verb: str) -> subprocess.Popen[str]:
        """Run mc_ctl on the primary, without waiting for it."""
        return subprocess.Popen(
            self._line(self.first, verb),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **self._as_user(),
        )

    def _line(self, name: str, verb: str, *words: str) -> list[str]:
        where = ["-M", str(self.pair.mcdir(name)), "--local-server", name]
        return [str(command("mc_ctl")), verb, *where, *words]

    def _as_user(self) -> dict[str, Any]:
        pair = self.pair
        return {"env": pair.environment(), "cwd": "/", **pair.user.popen_options()}

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
        processes.thaw(self._frozen)

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
                refused = pair.start(name).stderr
                if "setup" in refused and _is_unbuilt(pair, name):
                    pair.set_up_standby(name)
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


def _is_unbuilt(pair: Whole, name: str) -> bool:
    """Whether *name* has no mark of its own: a setup has not come to its end."""
    try:
        return pair.mark(name).owner != name
    except (OSError, Broken):
        return True


def _is_deposed(pair: Whole, name: str) -> bool:
    if any(_is_unbuilt(pair, each) for each in (A, B)):
        return False
    other = pair.mark(OTHER[name]).state
    return (
        pair.mark(name).state == GIVEN
        and other == ALONE
        and not pair.is_standby(OTHER[name])
    )
