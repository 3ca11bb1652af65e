"""Whatever comes late, twice or never, and wherever the register dies: one cell, one order.

A history of calls and answers is right if some order of the calls, each between its call and
its answer, explains every answer (linearizability).  The witness here searches for one by
rules of its own, and knows nothing of the step.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.register.core import words
from pgx_mirror.register.core.state import Kept, State
from pgx_mirror.register.core.step import step
from pgx_mirror.register.core.words import (
    PRIMARY,
    STANDBY,
    Beat,
    Lift,
    Read,
    Reply,
    Request,
    Win,
)

A, B = "server1", "server2"
ROLE = {A: PRIMARY, B: STANDBY}
FIRST = Kept("1d", "7", Cell(1, PAIR, A))
FOREVER = 10**9


@dataclass
class Call:
    """A request, when it was made, and when and how it was answered, if it ever was.

    lost: it will not be; whether it was carried out nobody knows
    """

    who: str
    request: Request
    made: int
    answered: int = FOREVER
    reply: Reply | None = None
    lost: bool = False


@dataclass
class World:
    """The disk, the process if one lives, and what is under way."""

    disk: Kept = FIRST
    process: State | None = None
    clock: int = 0
    under_way: list[Call] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def start(self) -> None:
        state = State(self.disk, (A, B), -1000.0)
        for who in (A, B):
            state, _ = step(state, who, Beat(ROLE[who], "7", 2.0), self.clock)
        self.process = state

    def call(self, who: str, request: Request) -> None:
        call = Call(who, request, self.clock)
        self.calls.append(call)
        self.under_way.append(call)

    def again(self, at: int) -> None:
        """The network delivers a request once more; that copy's answer is heard by nobody."""
        if self.under_way:
            call = self.under_way[at % len(self.under_way)]
            self.call(call.who, call.request)
            self.calls[-1].made = call.made

    def deliver(self, at: int, dies: str) -> None:
        """A request arrives; the process may die before the write, or after it, unheard."""
        if not self.under_way or self.process is None:
            return
        call = self.under_way.pop(at % len(self.under_way))
        state, reply = step(self.process, call.who, call.request, self.clock)
        if dies != "before":
            self.disk = state.kept
        if dies:
            self.process = None
            return
        self.process = state
        call.answered, call.reply = self.clock, reply


def explained(calls: list[Call], first: Cell) -> bool:
    """Whether some order explains every answer."""
    must = frozenset(i for i, call in enumerate(calls) if call.reply is not None)

    @cache
    def search(done: frozenset[int], cell: Cell) -> bool:
        if must <= done:
            return True
        left = [i for i in range(len(calls)) if i not in done]
        horizon = min(calls[i].answered for i in left)
        for i in left:
            if calls[i].made <= horizon:
                after = _takes_effect(calls[i], cell)
                if after is not None and search(done | {i}, after):
                    return True
        return False

    return search(frozenset(), first)


def _takes_effect(call: Call, cell: Cell) -> Cell | None:
    """Return the cell after *call* if its answer is right there, None if it is not."""
    refused = call.reply is not None and call.reply.word == words.HEARD
    after, good = cell, False
    match call.request:
        case Win(epoch=epoch):
            mine = Cell(epoch + 1, ALONE, call.who)
            if (cell.epoch, cell.state) == (epoch, PAIR) and not refused:
                after = mine
            good = after == mine
        case Lift(epoch=epoch, state=state):
            if epoch > cell.epoch:
                after = Cell(epoch, state, call.who)
            good = after == Cell(epoch, state, call.who)
        case _:
            pass
    if call.reply is None:
        return after
    said = call.reply.word in (words.WON, words.LIFTED)
    return after if (call.reply.cell, said) == (after, good) else None


_EPOCH = st.integers(1, 4)
_REQUEST = st.one_of(
    st.builds(Win, _EPOCH, st.just("1d")),
    st.builds(Win, _EPOCH, st.just("1d")),
    st.builds(Lift, _EPOCH, st.sampled_from([PAIR, ALONE])),
    st.just(Read()),
)
_EVENT = st.one_of(
    st.tuples(st.just("call"), st.sampled_from([A, B]), _REQUEST),
    st.tuples(st.just("deliver"), st.integers(0, 9), st.just("")),
    st.tuples(st.just("deliver"), st.integers(0, 9), st.just("")),
    st.tuples(
        st.just("deliver"), st.integers(0, 9), st.sampled_from(["before", "after"])
    ),
    st.tuples(st.just("again"), st.integers(0, 9), st.just("")),
    st.tuples(st.just("start"), st.just(0), st.just("")),
)


def _lived(events: list[tuple[str, object, object]]) -> World:
    world = World()
    world.start()
    for what, first, second in events:
        world.clock += 1
        if what == "call":
            world.call(first, second)  # type: ignore[arg-type]
        elif what == "deliver":
            world.deliver(first, second)  # type: ignore[arg-type]
        elif what == "again":
            world.again(first)  # type: ignore[arg-type]
        elif world.process is None:
            world.start()
    return world


@given(st.lists(_EVENT, max_size=24))
@settings(max_examples=400)
def test_every_history_has_an_order_that_explains_it(
    events: list[tuple[str, object, object]],
) -> None:
    world = _lived(events)
    assert explained(world.calls, World().disk.cell)  # type: ignore[arg-type]


@given(st.lists(_EVENT, max_size=40))
def test_an_epoch_is_won_by_one_and_the_cell_never_goes_back(
    events: list[tuple[str, object, object]],
) -> None:
    world = _lived(events)
    won = [c for c in world.calls if c.reply is not None and c.reply.word == words.WON]
    winners = {(c.request.epoch, c.who) for c in won if isinstance(c.request, Win)}
    assert len({epoch for epoch, _ in winners}) == len(winners)
    told = sorted(
        (c.answered, c.reply.cell.epoch)
        for c in world.calls
        if c.reply and c.reply.cell
    )
    assert [epoch for _, epoch in told] == sorted(epoch for _, epoch in told)


def test_the_witness_sees_an_epoch_that_was_granted_twice() -> None:
    won = [Call(who, Win(1), 1, 2) for who in (A, B)]
    for call in won:
        call.reply = Reply(words.WON, Cell(2, ALONE, call.who))
    assert not explained(won, Cell(1, PAIR, A))
    assert explained(won[:1], Cell(1, PAIR, A))


def test_the_witness_sees_an_answer_that_was_forgotten() -> None:
    lifted = Call(A, Lift(3, ALONE), 1, 2, Reply(words.LIFTED, Cell(3, ALONE, A)))
    read = Call(B, Read(), 3, 4, Reply(words.CELL, Cell(1, PAIR, A)))
    assert not explained([lifted, read], Cell(1, PAIR, A))
    assert explained([lifted, replace(read, made=0)], Cell(1, PAIR, A))
