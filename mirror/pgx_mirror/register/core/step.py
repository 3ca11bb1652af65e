"""The register's one step: a request, its answer, and what must be on disk before it is said.

Safety is the compare-and-set alone (the protocol's sections 2, 5 and 8).  Who is heard, and
for how long, decides only whether a standby is to ask again: a word lost there costs a
switch, never a row.
"""

from __future__ import annotations

from dataclasses import replace

from pgx_mirror.core import cell as cells
from pgx_mirror.core import mark
from pgx_mirror.core.cell import Cell
from pgx_mirror.register.core import fence
from pgx_mirror.register.core.state import Heard, State
from pgx_mirror.register.core.words import (
    BEHIND,
    CELL,
    EMPTY,
    ENROLLED,
    FOREIGN,
    HEARD,
    HIGHER,
    LIFTED,
    LOST,
    OTHER,
    PRIMARY,
    WON,
    Beat,
    Enrol,
    Lift,
    Read,
    Reply,
    Request,
    Win,
)

_HOLDERS = (mark.PAIR, mark.ALONE)


def step(state: State, who: str, request: Request, now: float) -> tuple[State, Reply]:
    """Return the state after *request* of the server *who*, and the answer.

    *now*: seconds of the monotonic clock.  Where `kept` has changed it is on disk before the
    answer is given.  A request may come twice, or late: the answer is right each time.
    """
    if isinstance(request, Beat):
        state = replace(state, heard={**state.heard, who: Heard(request, now)})
    if is_foreign(state, who):
        return state, Reply(FOREIGN)
    match request:
        case Win():
            return _win(state, who, request, now)
        case Lift():
            return _lift(state, who, request)
        case Enrol():
            return _enrol(state, who, request)
        case Beat() | Read():
            return state, Reply(CELL, state.kept.cell)


def is_foreign(state: State, who: str) -> bool:
    """Whether *who* has not said who it is, or is of another pair than the cell's."""
    if who not in state.heard:
        return True
    return state.kept.system not in ("", state.heard[who].beat.system)


def _win(state: State, who: str, request: Win, now: float) -> tuple[State, Reply]:
    cell, epoch = state.kept.cell, request.epoch
    if cell is None:
        return state, Reply(EMPTY)
    if request.register != state.kept.identity:
        return state, Reply(OTHER, cell)
    if cell == Cell(epoch + 1, cells.ALONE, who):
        return state, Reply(WON, cell)
    won = cells.won(cell, epoch, who)
    if won is None:
        return state, Reply(LOST if cell.epoch > epoch else BEHIND, cell)
    again = _listens_for(state, who, now)
    if again > 0:
        return state, Reply(HEARD, cell, again)
    if (waits := fence.first(state, who, epoch, now)) is not None:
        return waits
    return _keep(state, won), Reply(WON, won)


def _listens_for(state: State, who: str, now: float) -> float:
    """Return for how many seconds more a standby is refused, 0 for not at all.

    A primary that is heard goes on; one of another pair, by a configuration that was copied,
    is none.  A register that has just started has heard nobody yet, and waits as long as it
    would for a primary.
    """
    mine, other = state.heard[who].beat, state.heard.get(state.other(who))
    if mine.role == PRIMARY:
        return 0.0
    if other is None or other.beat.system != mine.system:
        return max(0.0, state.began + state.limit(mine) - now)
    if other.beat.role != PRIMARY:
        return 0.0
    return max(0.0, other.at + state.limit(other.beat) - now)


def _lift(state: State, who: str, request: Lift) -> tuple[State, Reply]:
    cell, to = state.kept.cell, Cell(request.epoch, request.state, who)
    if cell is None:
        return state, Reply(EMPTY)
    if cell == to:
        return state, Reply(LIFTED, cell)
    lifted = cells.lifted(cell, to)
    if lifted is None:
        return state, Reply(HIGHER, cell)
    return _keep(state, lifted), Reply(LIFTED, lifted)


def _enrol(state: State, who: str, request: Enrol) -> tuple[State, Reply]:
    if state.kept.cell is not None:
        return state, Reply(CELL, state.kept.cell)
    state = replace(state, enrolled={**state.enrolled, who: request})
    other = state.other(who)
    if other not in state.enrolled or _system(state, who) != _system(state, other):
        return state, Reply(ENROLLED)
    begun = begins(who, request, other, state.enrolled[other])
    if begun is None:
        return state, Reply(ENROLLED)
    kept = replace(state.kept, system=_system(state, who), cell=begun)
    return replace(state, kept=kept, enrolled={}), Reply(CELL, begun)


def begins(who: str, mine: Enrol, other: str, its: Enrol) -> Cell | None:
    """Return the cell of a register that both have enrolled, None if that cannot be told yet.

    It begins with the higher epoch, which must be a holder's or a pair's: a server that has
    promised something beyond it (GIVEN, OUT) is about to make its peer a holder, which then
    enrols again.
    """
    if mine.epoch == its.epoch and mine.state in _HOLDERS and its.state in _HOLDERS:
        return None
    marks = ((mine.epoch, mine.state, who), (its.epoch, its.state, other))
    epoch, state, holder = max(marks, key=lambda m: (m[0], m[1] in _HOLDERS))
    return Cell(epoch, state, holder) if state in _HOLDERS else None


def _system(state: State, who: str) -> str:
    return state.heard[who].beat.system


def _keep(state: State, cell: Cell) -> State:
    return replace(state, kept=replace(state.kept, cell=cell))
