"""A question that is not let in: what that proves, and what it does not.

A full queue of connections says that the server has more to do than it can take in, or
that it takes in nobody.  Only the second is silence, and whoever else is let in tells
them apart.
"""

from __future__ import annotations

from pgx_base.light.dataclasses import replace
from pgx_postgres.watch.asking import is_number
from pgx_postgres.watch.pace import anew, patience
from pgx_postgres.watch.states import Asked, Watching
from pgx_postgres.watch.watched import Effect, Limits, Warn


def outside(
    limits: Limits, state: Watching, number: int, reason: str, now: float
) -> Watching:
    """Return *state* once question *number* has found no room: it goes on trying."""
    question, asked = state.question, Asked(number, reason)
    if is_number(question.second, number):
        return replace(state, question=replace(question, second=asked))
    if not is_number(question.current, number):
        return state
    after = replace(state, question=replace(question, current=asked))
    return after if question.due else anew(limits, after, now)


def inside(limits: Limits, state: Watching, number: int) -> Watching:
    """Return *state* once question *number* has found room; it is not answered yet."""
    question, asked = state.question, Asked(number)
    if is_number(question.second, number):
        return replace(state, question=replace(question, second=asked))
    if not is_number(question.current, number):
        return state
    after = replace(state, question=replace(question, current=asked))
    if patience(limits, after):
        return after
    return replace(after, question=replace(after.question, due=None))


def others_served(
    limits: Limits, state: Watching, now: float
) -> tuple[Watching, tuple[Effect, ...]]:
    """Return *state* once somebody was let in while we were not: nobody's fault.

    It is no answer either: a server that has not answered yet goes on being asked.
    """
    where = state.question.outside
    if where is None and not _second_is_outside(state):
        return state, ()
    after = replace(state, opinion=state.opinion.forgiven())
    if state.question.due is not None:
        after = anew(limits, after, now)
    where = where or "there is no room in the queue of connections"
    return after, (Warn(f"{where}, but others are let in"),)


def _second_is_outside(state: Watching) -> bool:
    """Whether template1 is silent, and the second opinion has not been let in."""
    second = state.question.second
    return state.opinion.silent and second is not None and second.outside is not None
