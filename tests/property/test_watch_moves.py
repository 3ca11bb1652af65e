"""The table of the watch and `step`: each makes the moves of the other, and no more."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from pgx_postgres.watch.moves import EVENTS, MOVES, Step, name_of
from pgx_postgres.watch.states import Starting, State
from pgx_postgres.watch.watch import step, wake_of
from pgx_postgres.watch.watched import (
    Answered,
    Ask,
    Changed,
    Consult,
    CrashRestart,
    Effect,
    Event,
    Failed,
    FaultNow,
    Ignored,
    Inside,
    Limits,
    OthersServed,
    Outside,
    PostmasterGone,
    Ready,
    Shut,
    Tick,
)

UNKNOWN = 99
Draw = Callable[[int], int]  # a number below the one that is given


class Walk:
    """A watch that is told whatever *draw* decides, and the steps that it has taken."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._limits = self._drawn()
        self._state: State = Starting(answered=bool(draw(2)))
        self._now = 0.0
        self._open: set[int] = set()
        self.taken: dict[Step, set[type[Effect]]] = defaultdict(set)

    def _drawn(self) -> Limits:
        draw = self._draw
        return Limits(1.0 + draw(9), (0.0, 1.0, 2.0, 5.0)[draw(4)], draw(4))

    def go(self) -> None:
        if self._draw(5) < 2:
            wake = wake_of(self._state)
            self._now = max(self._now + self._draw(2) * 0.3, wake or 0.0)
            return self._feed(Tick())
        often = self._draw(20)
        events = self._rare() if often == 0 else self._usual()
        return self._feed(events[self._draw(len(events))])

    def _usual(self) -> list[Event]:
        known = sorted(self._open) or [UNKNOWN]
        number = known[self._draw(len(known))]
        return [
            Answered(number), Answered(number, "odd"), Failed(number, "cut"),
            Outside(number, "full"), Inside(number), Ignored(number),
            OthersServed(), Ready(), Consult(), Changed(),
        ]  # fmt: skip

    def _rare(self) -> list[Event]:
        return [
            FaultNow(UNKNOWN, "stopping"), CrashRestart("crash"), Shut("shut"),
            PostmasterGone("gone"), PostmasterGone("gone", expected=True),
        ]  # fmt: skip

    def _feed(self, event: Event) -> None:
        if event == Changed():
            self._limits = self._drawn()
        before = name_of(self._state)
        self._state, effects = step(self._limits, self._state, event, self._now)
        for one in effects:
            if isinstance(one, Ask):
                self._open.add(one.number)
        if isinstance(event, Answered | Failed | Ignored):
            self._open.discard(event.number)
        said = {type(one) for one in effects if not isinstance(one, Ask)}
        self.taken[before, type(event), name_of(self._state)] |= said


TABLE = {each: move for move in MOVES for each in move.steps()}


@given(st.data(), st.integers(1, 60))
def test_every_step_is_in_the_table_and_says_no_more_than_that(
    data: st.DataObject, length: int
) -> None:
    walk = Walk(lambda below: data.draw(st.integers(0, below - 1)))
    for _ in range(length):
        walk.go()

    for each, said in walk.taken.items():
        assert each in TABLE
        assert said <= set(TABLE[each].says)


def test_every_row_of_the_table_is_made_and_says_all_of_it() -> None:
    made: dict[Step, set[type[Effect]]] = defaultdict(set)
    for seed in range(1000):
        walk = Walk(random.Random(seed).randrange)
        for _ in range(60):
            walk.go()
        for each, said in walk.taken.items():
            made[each] |= said

    assert made.keys() == TABLE.keys()
    for move in MOVES:
        assert set().union(*(made[each] for each in move.steps())) == set(move.says)


def test_no_step_is_in_two_rows() -> None:
    assert len(TABLE) == sum(len(move.steps()) for move in MOVES)
    assert {event for _, event, _ in TABLE} == set(EVENTS)
