"""Each step of the register is one that the model allows, and each that it has is taken."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.core.mark import STATES
from pgx_mirror.register.core.state import Kept, State
from pgx_mirror.register.core.step import begins, step
from pgx_mirror.register.core.words import NEITHER, Beat, Enrol, Lift, Request, Win
from tests.mirror import model as written

MODEL: Any = written.Model  # it has no types
SERVERS = ("A", "B")
_REGISTER = 0  # its identity, as the model has it
_EPOCH = st.integers(0, 6)
_WHO = st.sampled_from(SERVERS)
_STATE = st.sampled_from([PAIR, ALONE])
_CELL = st.builds(Cell, _EPOCH, _STATE, _WHO)
_WORD = st.tuples(
    _WHO, st.one_of(st.builds(Win, _EPOCH), st.builds(Lift, _EPOCH, _STATE))
)


def _message(who: str, request: Request) -> tuple[Any, ...]:
    match request:
        case Win(epoch):
            return ("cas", who, epoch, _REGISTER)
        case Lift(epoch, state):
            return ("up", who, epoch, state)
        case _:
            raise AssertionError(request)


def _modelled(cell: Cell, words: frozenset[tuple[str, Request]]) -> set[Cell]:
    """Return what the model's register may become by *words* that are under way."""
    model = MODEL("arbiter")
    messages = frozenset(_message(who, request) for who, request in words)
    start = model.init._replace(
        R=(cell.epoch, cell.state, cell.who, _REGISTER), msgs=messages
    )
    return {Cell(*after.R[:3]) for _, after, _ in model.register(start)}


def _stepped(cell: Cell, words: frozenset[tuple[str, Request]]) -> set[Cell]:
    """Return what ours may become, each of *words* coming first; nobody is waited for."""
    state = State(Kept("1d", "7", cell), ("A", "B"), 0.0)
    for who in SERVERS:
        state, _ = step(state, who, Beat(NEITHER, "7", 1.0), 0.0)
    found = set()
    for who, request in words:
        if isinstance(request, Win):
            request = Win(request.epoch, "1d")
        after = step(state, who, request, 0.0)[0].kept
        if after != state.kept:
            assert after.cell is not None
            found.add(after.cell)
    return found


@given(_CELL, st.frozensets(_WORD, max_size=8))
def test_a_step_is_the_models_and_no_other(
    cell: Cell, words: frozenset[tuple[str, Request]]
) -> None:
    assert _stepped(cell, words) == _modelled(cell, words)


_MARK = st.builds(Enrol, _EPOCH, st.sampled_from(STATES))


@given(_MARK, _MARK)
def test_an_empty_register_begins_as_the_models_does(mine: Enrol, its: Enrol) -> None:
    """Where the model may begin in two ways, two servers would hold the pen: ours does not."""
    model = MODEL("arbiter", bugs=["arb_lost"])
    one, two = (
        server._replace(mk=word.state, ep=word.epoch)
        for server, word in ((model.init.A, mine), (model.init.B, its))
    )
    start = model.init._replace(A=one, B=two, R=(0, "LOST", "?", _REGISTER))
    may = {Cell(*after.R[:3]) for _, after, _ in model.register(start)}
    assert begins("A", mine, "B", its) == (may.pop() if len(may) == 1 else None)


@given(st.frozensets(_WORD, min_size=1, max_size=8))
def test_an_empty_register_takes_nothing_that_is_under_way(
    words: frozenset[tuple[str, Request]],
) -> None:
    empty = State(Kept("1d"), ("A", "B"), 0.0)
    for who in SERVERS:
        empty, _ = step(empty, who, Beat(NEITHER, "7", 1.0), 0.0)
    for who, request in words:
        assert step(empty, who, request, 99.0)[0].kept == empty.kept
