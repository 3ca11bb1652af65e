"""Between two wakings a Tick finds nothing: nothing to do, nothing to learn, nothing to say."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core import cell as cells
from pgx_mirror.core import wal
from pgx_mirror.core.cell import Cell
from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.deciding.step import step
from pgx_mirror.core.deciding.wake import wake
from pgx_mirror.core.events import Event, Heard, Judged, Looked, RegisterIs, Tick
from pgx_mirror.core.facts import Facts
from pgx_mirror.core.known import versions
from tests.mirror import walk_world, walks

epochs = st.integers(0, 9)
states = st.sampled_from([cells.PAIR, cells.ALONE])
some_cell = st.one_of(st.none(), st.builds(Cell, epochs, states, st.sampled_from("AB")))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["arbiter-all", "message-all"])
def test_a_controller_that_sleeps_until_it_is_wanted_misses_nothing(
    name: str, seed: int
) -> None:
    """By all facts that two cores come to on a walk."""
    walk = walks.begin(name, 500 + seed)
    for turn in range(600):
        walk_world.turn(walk)
        if turn % 4:
            continue
        for side in walk.sides.values():
            facts, _ = step(side.facts, Tick(), walk.now)
            finds_no_more_after_an_event(facts, walk.now)
            at = wake(facts, walk.now)
            assert at > walk.now
            late = walk.now + 1000 if math.isinf(at) else at
            for now in (walk.now, (walk.now + late) / 2, math.nextafter(late, 0)):
                after, effects = step(facts, Tick(), now)
                assert (after, effects) == (facts, ())
                said, before = report_of(after, now), report_of(facts, walk.now)
                assert said == before


def finds_no_more_after_an_event(facts: Facts, now: float) -> None:
    """A step that has begun nothing has left nothing for a Tick of the same instant."""
    events: list[Event] = [Judged(facts.fault), RegisterIs(facts.register, facts.cell)]
    events += [Heard(facts.peer)] if facts.peer is not None else []
    events += [Looked(facts.seen, now)] if facts.seen is not None else []
    for event in events:
        after, effects = step(facts, event, now)
        if not effects:
            assert step(after, Tick(), now) == (after, ())


@given(st.integers(0, 2**64 - 1))
def test_a_position_is_read_as_it_is_written(position: int) -> None:
    assert wal.number(wal.text(position)) == position


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_two_positions_are_not_written_alike(one: int, other: int) -> None:
    assert (wal.text(one) == wal.text(other)) == (one == other)


@given(st.text("0123456789ABCDEF", max_size=8))
def test_a_number_alone_is_no_position(text: str) -> None:
    with pytest.raises(ValueError, match="not a WAL position"):
        wal.number(text)


@given(some_cell, epochs, st.sampled_from("AB"), st.sampled_from("AB"))
def test_the_pen_of_an_epoch_is_won_once(
    cell: Cell | None, epoch: int, one: str, other: str
) -> None:
    after = cells.won(cell, epoch, one)

    assert after is None or after == Cell(epoch + 1, cells.ALONE, one)
    assert after is None or cells.won(after, epoch, other) is None


@given(some_cell, some_cell)
def test_a_cell_is_only_ever_lifted(cell: Cell | None, to: Cell | None) -> None:
    if to is None:
        return
    after = cells.lifted(cell, to)

    assert after in (None, to)
    assert after is None or (cell is not None and after.epoch > cell.epoch)


@given(st.integers(13, 17), st.integers(0, 40))
def test_a_minor_release_that_is_new_enough_stays_so(major: int, minor: int) -> None:
    if not versions.too_old(major * 10000 + minor):
        assert not versions.too_old(major * 10000 + minor + 1)


@given(st.integers(1, 12), st.integers(0, 40))
def test_what_is_older_than_a_pair_needs_is_said(major: int, minor: int) -> None:
    assert str(major) in versions.too_old(major * 10000 + minor)
