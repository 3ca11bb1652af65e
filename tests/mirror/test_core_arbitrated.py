"""What arbitration_command has said counts for the silence that it was asked about."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from pgx_mirror.core import commands
from pgx_mirror.core import effects as do
from pgx_mirror.core import events as told
from pgx_mirror.core.effects import Effect
from pgx_mirror.core.events import Event
from pgx_mirror.core.facts import COMMAND
from pgx_mirror.core.mark import ALONE, SYNC
from tests.mirror.test_core_fencing import called
from tests.mirror.world import A, B, World

DEAD, WELL, FAILED = "", "exit status 1", "exit status 2"


@dataclass
class Asked(World):
    """A world in which each kind of program ends in its own way."""

    ends: dict[str, str] = field(default_factory=dict)

    def _outcomes(self, name: str, effect: Effect) -> list[Event]:
        if isinstance(effect, do.RunCommand):
            return [told.CommandEnded(effect.kind, self.ends[effect.kind])]
        return super()._outcomes(name, effect)

    def cut(self, *, cut: bool) -> None:
        """Cut the networks between both, or the log network back."""
        self.linked, self.streams = False, not cut

    def kinds(self) -> list[str]:
        """Return which programs the standby has called since the last call."""
        found = [kind for kind, _ in called(self, B)]
        self.done.clear()
        return found


def undecided() -> Asked:
    """Return a pair that is cut, whose primary serves and cannot be fenced."""
    world = Asked(policy=COMMAND)
    world.begin()
    world.run(5)
    world.hear(A, told.Enabled(False))  # it waits, and ends nobody
    world.ends = {commands.ARBITRATION: DEAD, commands.FENCING: FAILED}
    world.cut(cut=True)
    world.run(8)
    assert commands.FENCING in world.kinds()
    return world


@pytest.mark.parametrize("ended_by", ["stream", "word"])
def test_a_new_silence_is_asked_about_anew(ended_by: str) -> None:
    """A server that serves is not ended by what was said of it before it came back."""
    world = undecided()
    if ended_by == "stream":
        world.cut(cut=False)
    else:
        world.hear(B, told.Enabled(False))
    world.run(30)
    world.kinds()
    world.ends = {commands.ARBITRATION: WELL, commands.FENCING: DEAD}
    world.cut(cut=True)
    world.hear(B, told.Enabled(True))
    world.run(8)

    assert set(world.kinds()) == {commands.ARBITRATION}
    assert world.mark(B) == (SYNC, 2)


def test_each_fence_is_asked_about_first() -> None:
    world = undecided()
    world.run(20)
    found = world.kinds()
    assert found.count(commands.ARBITRATION) == found.count(commands.FENCING) > 1

    world.ends[commands.ARBITRATION] = WELL
    world.run(20)
    assert set(world.kinds()) == {commands.ARBITRATION}

    world.ends = {commands.ARBITRATION: DEAD, commands.FENCING: DEAD}
    world.run(8)
    assert world.mark(B) == (ALONE, 3)


def test_what_is_said_once_the_silence_has_ended_counts_for_none() -> None:
    world = undecided()
    facts = world.facts[B]
    world.facts[B] = facts.but(
        busy=facts.busy | {commands.resource(commands.ARBITRATION)}
    )
    world.cut(cut=False)
    world.run(1)
    world.hear(B, told.CommandEnded(commands.ARBITRATION, DEAD))

    assert not world.facts[B].arbitrated
