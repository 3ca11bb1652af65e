"""What mc_ctl status says along the life of a pair, by the cores' own marks."""

from __future__ import annotations

from dataclasses import replace

from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.effects import WriteMark
from pgx_mirror.core.facts import DETACH, RUN, SWITCH
from pgx_mirror.core.known import basics
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, Mark
from pgx_mirror.core.status.pair import status_of
from pgx_mirror.core.status.values import Status
from tests.mirror.world import GENERATION, A, B, World


def status(world: World, who: str) -> Status:
    facts = world.facts[who]
    silent = not basics.is_heard(facts, world.now)
    places = ((A, "a"), (B, "b"))
    return status_of(
        report_of(facts, world.now), facts.peer, silent=silent, places=places
    )


def roles(found: Status) -> list[str]:
    return [row.host_role for row in found.rows]


def rebuild(world: World, name: str) -> None:
    """Make *name* a fresh standby, as mc_ctl setup does."""
    mark = Mark(name, f"{GENERATION[name]}-2", "77", 0, NEW)
    world.start(name, mark, standby=True)


def test_from_joining_over_a_switch_and_a_rebuild_to_a_disconnection() -> None:
    world = World().begin()
    assert status(world, A).mirroring == "not-switchable"
    world.run(5)
    for who in (A, B):
        assert status(world, who).mirroring == "switchable"
        assert roles(status(world, who)) == ["primary", "standby"]

    world.hear(A, told.Wished(SWITCH))
    assert status(world, A).mirroring == "switching"
    world.run(2)
    world.hear(A, told.Wished(RUN))
    world.run(1)
    for who in (A, B):
        assert status(world, who).mirroring == "switched"
        assert roles(status(world, who)) == ["none(inactivated primary)", "primary"]

    rebuild(world, A)
    world.run(5)
    for who in (A, B):
        assert status(world, who).mirroring == "switchable"
        assert roles(status(world, who)) == ["standby", "primary"]

    # That it took over once says nothing of the pair that it leaves now.
    world.hear(B, told.Wished(DETACH))
    world.run(2)
    world.hear(B, told.Wished(RUN))
    world.frozen.add(A)
    world.run(8)
    found = status(world, B)
    assert found.mirroring == "not-switchable"
    assert roles(found) == ["none(inactivated standby)", "primary"]


def test_a_pen_that_was_taken_back_was_not_taken_over() -> None:
    world = World().begin()
    world.run(5)
    pair = world.facts[A].mark
    own = world.facts[B].mark
    assert pair
    assert own
    given = replace(pair, state=GIVEN, epoch=4, pair=pair.epoch)
    world.start(A, given, standby=False)
    world.start(B, replace(own, state=OUT, epoch=4), standby=True)
    world.run(1)

    marks = [
        effect.mark
        for who, effect in world.done
        if who == A and isinstance(effect, WriteMark) and effect.mark.state == ALONE
    ]
    assert marks[-1].epoch == 4
    assert marks[-1].pair == 0


def test_a_standby_that_was_disconnected_stays_out_when_that_is_done() -> None:
    world = World().begin()
    world.run(5)
    world.hear(B, told.Wished(DETACH))
    world.run(2)
    world.hear(B, told.Wished(RUN))
    world.run(20)

    assert world.mark(A) == (ALONE, 4)
    found = status(world, A)
    assert found.mirroring == "not-switchable"
    assert found.reasons[0].text == f'standby "{B}" was disconnected by hand'
