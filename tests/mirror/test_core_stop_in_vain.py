"""A standby that is stopped waits for others no longer than mc_ctl waits for it."""

from __future__ import annotations

from pgx_mirror.core import effects as do
from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.wishes import DONE, outcome
from pgx_mirror.core.effects import Effect
from pgx_mirror.core.events import Event
from pgx_mirror.core.facts import STOP, STOP_ALL
from pgx_mirror.core.mark import ALONE, PAIR, SYNC
from pgx_mirror.core.report import DOWN, UP
from tests.mirror.world import A, B, World


class Hanging(World):
    """A's processes end never, and B is never promoted."""

    def _outcomes(self, name: str, effect: Effect) -> list[Event]:
        if name == A and isinstance(effect, do.StopServer):
            return [told.Stopped("2 processes or segments are left", 0)]
        if name == B and isinstance(effect, do.Promote):
            return [told.Promoted("it is still a standby")]
        return super()._outcomes(name, effect)


def test_beside_a_primary_that_does_not_end() -> None:
    world = Hanging().begin()
    world.run(5)
    for name in (A, B):
        world.hear(name, told.Wished(STOP_ALL))
    patience = world.facts[B].terms.patience
    world.run(patience - 1)
    assert (world.facts[A].server, world.facts[B].server) == (UP, UP)
    world.run(2)

    assert (world.facts[A].server, world.facts[B].server) == (UP, DOWN)
    assert (world.mark(A), world.mark(B)) == ((PAIR, 2), (SYNC, 2))
    assert outcome(world.facts[B], world.now) == DONE


def test_while_it_is_promoted_in_vain() -> None:
    world = Hanging().begin()
    world.run(5)
    world.frozen.add(A)
    world.run(8)
    assert world.mark(B) == (ALONE, 3) and world.facts[B].standby
    world.hear(B, told.Wished(STOP))
    patience = world.facts[B].terms.patience
    world.run(patience - 1)
    assert world.facts[B].server == UP
    world.run(2)

    assert world.facts[B].server == DOWN
    assert outcome(world.facts[B], world.now) == DONE
