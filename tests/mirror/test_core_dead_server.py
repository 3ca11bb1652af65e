"""A primary whose server is dead, and whose controller lives: somebody serves."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from pgx_mirror.controller.neighbours import _role
from pgx_mirror.core import commands
from pgx_mirror.core import effects as do
from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.deciding.wishes import outcome
from pgx_mirror.core.effects import Effect
from pgx_mirror.core.events import Event
from pgx_mirror.core.facts import (
    ARBITRATION,
    COMMAND,
    FALLBACK,
    MESSAGE,
    RUN,
    STOP,
    STOP_ALL,
    SWITCH,
)
from pgx_mirror.core.known import primary
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR, SYNC
from pgx_mirror.core.report import DOWN, UNSURE, UP
from pgx_mirror.register.core.state import Kept, State
from pgx_mirror.register.core.step import step
from pgx_mirror.register.core.words import Beat, Win
from tests.mirror.world import TICK, A, B, World


@dataclass
class Arbitrated(World):
    """A world whose register hears both, and has a standby wait for its primary."""

    words: list[str] = field(default_factory=list)
    state: State | None = None

    def _outcomes(self, name: str, effect: Effect) -> list[Event]:
        if not isinstance(effect, do.AskForPen) or self.state is None:
            return super()._outcomes(name, effect)
        asked = Win(effect.epoch, self.register)
        self.state, reply = step(self.state, name, asked, self.now)
        self.words.append(reply.word)
        self.cell = self.state.kept.cell
        return [told.Answered(reply.cell, reply.again)]

    def arbitrate(self, seconds: float) -> None:
        """Let time pass, in which both beat."""
        if self.state is None:
            self.state = State(Kept(self.register, "77", self.cell), (A, B), self.now)
        for _ in range(round(seconds / TICK)):
            for name, facts in self.facts.items():
                assert facts.mark is not None
                role = _role(facts.mark, report_of(facts, self.now))
                beat = Beat(role, "77", facts.terms.limit)
                self.state, _ = step(self.state, name, beat, self.now)
            self.run(TICK)


def dies(world: World, name: str) -> None:
    world.hear(name, told.Judged("its postmaster has died"))
    world.hear(name, told.ServerIs(DOWN, name == B))


def test_a_standby_is_not_kept_waiting_for_a_dead_server_that_does_not_hear_it() -> (
    None
):
    """All between both is cut, and the arbiter hears both: it waited for that primary for ever."""
    world = Arbitrated(ARBITRATION, programs=(commands.PRE_DETACH,))
    world.begin()
    world.run(5)
    assert (world.mark(A), world.mark(B)) == ((PAIR, 2), (SYNC, 2))
    world.command_ends = None  # so that the primary has not gone on alone yet
    world.linked = world.streams = False
    world.arbitrate(7)
    assert set(world.words) == {"heard"}
    dies(world, A)
    world.arbitrate(7)

    assert (world.mark(A), world.mark(B)) == ((GIVEN, 3), (ALONE, 3))
    assert world.facts[B].server == UP and not world.facts[B].standby


@pytest.mark.parametrize("wish", [STOP, STOP_ALL, SWITCH])
def test_one_that_an_operator_stops_leaves_nothing_to_who_is_not_heard(
    wish: str,
) -> None:
    world = World().begin()
    world.run(5)
    facts = world.facts[A].but(fault="x", server=DOWN)
    late = world.now + facts.terms.limit

    assert not primary.is_stuck(facts, world.now)
    assert primary.is_stuck(facts, late)
    assert not primary.is_stuck(facts.but(wish=wish), late)
    assert not primary.is_stuck(facts.but(fault=""), late)


@dataclass
class Unstartable(World):
    """A world whose primary stops, and then starts no more; its standby hangs meanwhile."""

    def _outcomes(self, name: str, effect: Effect) -> list[Event]:
        if name == A and isinstance(effect, do.StopServer):
            self.facts[B] = self.facts[B].but(fault="it hangs")
        if name == A and isinstance(effect, do.Start):
            return [
                told.ServerIs(UNSURE, False),
                told.Started("no space left on device"),
                told.ServerIs(DOWN, False),
            ]
        return super()._outcomes(name, effect)


@pytest.mark.parametrize("policy", [ARBITRATION, MESSAGE, COMMAND, FALLBACK])
def test_a_server_that_starts_no_more_after_a_switch_that_failed_is_taken_over_from(
    policy: str,
) -> None:
    world = Unstartable(policy)
    formed = World(policy).begin()
    formed.run(5)
    world.facts, world.now, world.cell = formed.facts, formed.now, formed.cell
    for name in (A, B):
        world.hear(name, told.Enabled(False))
    world.hear(A, told.Wished(SWITCH))
    world.run(8)
    failed = outcome(world.facts[A], world.now)
    assert failed is not None and failed.why
    world.hear(A, told.Wished(RUN))
    world.run(10)
    assert (world.mark(A), world.mark(B)) == ((PAIR, 2), (SYNC, 2))
    assert world.facts[A].start_failed

    world.facts[B] = world.facts[B].but(fault="")
    for name in (A, B):
        world.hear(name, told.Enabled(True))
    world.run(2)
    assert (world.mark(A), world.mark(B)) == ((GIVEN, 4), (ALONE, 4))


def test_a_first_start_that_fails_gives_nothing() -> None:
    """Somebody is at it: a name in postgresql.conf that is wrong is no reason for a switch."""
    world = Unstartable(MESSAGE)
    formed = World(MESSAGE).begin()
    formed.run(5)
    world.facts, world.now = formed.facts, formed.now
    mark = world.facts[A].mark
    assert mark is not None
    world.start(A, mark, standby=False)
    world.run(10)

    assert world.facts[A].start_failed
    assert (world.mark(A), world.mark(B)) == ((PAIR, 2), (SYNC, 2))
