"""A question that is not let in: what that proves, and what it does not.

A full queue of connections says that the server has more to do than it can take in, or
that it takes in nobody.  Only the second is silence, and whoever else is let in tells
them apart.
"""

from __future__ import annotations

from pgx_base.light.dataclasses import replace
from pgx_postgres.watch.pace import deadline, patience
from pgx_postgres.watch.watched import Effect, Limits, Warn, Watching


def outside(
    limits: Limits, state: Watching, number: int, reason: str, now: float
) -> Watching:
    """Return *state* once question *number* has found no room: it goes on trying."""
    if number == state.opinion:
        return replace(state, opinion_outside=True)
    if number != state.current:
        return state
    after = replace(state, outside=reason)
    return replace(after, due=after.due or deadline(limits, after, now))


def inside(limits: Limits, state: Watching, number: int) -> Watching:
    """Return *state* once question *number* has found room; it is not answered yet."""
    if number == state.opinion:
        return replace(state, opinion_outside=False)
    if number != state.current:
        return state
    after = replace(state, outside=None)
    return after if patience(limits, after) else replace(after, due=None)


def others_served(
    limits: Limits, state: Watching, now: float
) -> tuple[Watching, tuple[Effect, ...]]:
    """Return *state* once somebody was let in while we were not: nobody's fault.

    It is no answer either: a server that has not answered yet goes on being asked.
    """
    if state.outside is None and not (state.opinion_outside and state.silent):
        return state, ()
    after = replace(state, failures=0, silent=False, consulted=False)
    if state.due is not None:
        after = replace(after, due=deadline(limits, after, now))
    where = state.outside or "there is no room in the queue of connections"
    return after, (Warn(f"{where}, but others are let in"),)
