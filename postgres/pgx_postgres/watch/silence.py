"""Time has passed: what silence counts, and what is asked next."""

from __future__ import annotations

from pgx_base.light.dataclasses import replace
from pgx_postgres.watch import asking
from pgx_postgres.watch.counting import count
from pgx_postgres.watch.pace import patience
from pgx_postgres.watch.states import Question, Result, Watching
from pgx_postgres.watch.watched import PATIENCE, Effect, Limits


def tick(limits: Limits, state: Watching, now: float) -> Result:
    """Judge the deadline, then put what is to be asked."""
    effects: tuple[Effect, ...] = ()
    due = state.question.due
    if due is not None and now >= due:
        after, effects = _silence(limits, state, now)
        if not isinstance(after, Watching):
            return after, effects
        state = after
    ask_at = state.question.ask_at
    if ask_at is not None and now >= ask_at:
        question, asked = asking.put(state.question, patience(limits, state), now)
        state = _asking(state, question, consulted=False)
        effects += asked
    if _wants_second(limits, state, now):
        question, asked = asking.put_second(state.question)
        state = _asking(state, question, consulted=True)
        effects += asked
    return state, effects


def _asking(state: Watching, question: Question, *, consulted: bool) -> Watching:
    return Watching(question, replace(state.opinion, consulted=consulted))


def _allowed(limits: Limits, state: Watching) -> float:
    allowed = patience(limits, state)
    return PATIENCE if allowed is None else allowed


def _silence(limits: Limits, state: Watching, now: float) -> Result:
    """Count one response time-out without a reply."""
    allowed = _allowed(limits, state)
    outside = state.question.outside
    return count(
        limits,
        replace(state, question=asking.past_due(state.question, allowed, now)),
        outside or "no answer in time",
        fault=_silent_for(allowed, outside),
        silent=True,
    )


def _silent_for(allowed: float, outside: str | None) -> str:
    if outside is None:
        return f"no answer within {allowed:g} s"
    return f"{outside}, and nobody was let in for {allowed:g} s"


def _wants_second(limits: Limits, state: Watching, now: float) -> bool:
    """Whether this is the last allowed retry after silence, or half of the only question."""
    question, opinion = state.question, state.opinion
    waiting = question.current is not None or question.due is not None
    # More than are allowed: there were more before the limits became others.
    if not waiting or opinion.consulted or opinion.failures < limits.retry_count:
        return False
    if limits.retry_count:
        return opinion.silent
    return (
        question.due is not None and now >= question.due - _allowed(limits, state) / 2
    )
