"""Whether the other server is ended before one is granted the pen.

The arbiter's fencing_command is quality: the cell alone keeps two from going on.  It ends a
server that hangs before clients could reach it again, as the newer manuals have it.
"""

from __future__ import annotations

from dataclasses import replace

from pgx_mirror.core.cell import Cell
from pgx_mirror.register.core.state import Fence, State
from pgx_mirror.register.core.words import FENCING, PRIMARY, UNFENCED, Reply

ASKS_AGAIN = 0.2  # seconds until whoever waits for a fence asks again
TRIES_AGAIN = 5.0  # seconds after one that has failed


def first(state: State, who: str, epoch: int, now: float) -> tuple[State, Reply] | None:
    """Return what *who* is told while the other is not ended yet, None where it may win.

    A `state.fence` that is new is to be begun.
    """
    if not state.fences or _is_ended(state, who, epoch):
        return None
    cell, fence = state.kept.cell, state.fence
    if fence is not None and fence.ended is None:
        return state, Reply(FENCING, cell, ASKS_AGAIN)
    if fence is not None and not fence.done:
        left = _ended_at(fence) + TRIES_AGAIN - now
        if left > 0 and fence.who == who:
            return state, Reply(UNFENCED, cell, left)
    return _begun(state, who, epoch, now, cell)


def _begun(
    state: State, who: str, epoch: int, now: float, cell: Cell | None
) -> tuple[State, Reply]:
    fence = Fence(who, epoch, now)
    return replace(state, fence=fence), Reply(FENCING, cell, ASKS_AGAIN)


def _is_ended(state: State, who: str, epoch: int) -> bool:
    """Whether the other was ended for the sake of *who*, and has not been heard since."""
    fence = state.fence
    if fence is None or not fence.done or (fence.who, fence.epoch) != (who, epoch):
        return False
    last = state.heard.get(state.other(who))
    return last is None or last.at <= _ended_at(fence)


def _ended_at(fence: Fence) -> float:
    return fence.began if fence.ended is None else fence.ended


def operation(state: State, fence: Fence) -> str:
    """Return what is to follow *fence*: mcDegradationOper of the newer manuals' C.1."""
    return "detach" if state.heard[fence.who].beat.role == PRIMARY else "switch"


def ended(state: State, now: float, *, done: bool) -> State:
    """Return *state* once the fence that was begun has ended; *done*: the other has, too."""
    assert state.fence is not None
    return replace(state, fence=replace(state.fence, ended=now, done=done))
