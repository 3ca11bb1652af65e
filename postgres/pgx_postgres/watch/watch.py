"""When does silence become a fault?

This module decides and does nothing else: no clock, no socket, no file.  The
monitor steps it with every reply, then with a Tick, and does what it returns.

What becomes what, and why, is the table in `moves`; ARCHITECTURE.md prints it.

A question that finds the server's queue of connections full stays the current one and
goes on trying: time outside is silence, unless somebody else is let in meanwhile.
A question that timed out is kept open, since closing it would not end its backend,
and its late reply counts.  Two unanswered questions to template1 at most: after
that each further response time-out counts one failure without a new question.
Faulted is final: only a new Online starts a new watch.
"""

from __future__ import annotations

from typing import assert_never

from pgx_base.light.dataclasses import replace
from pgx_postgres.watch import asking, crowd
from pgx_postgres.watch.counting import count, faulted
from pgx_postgres.watch.opening import consult
from pgx_postgres.watch.pace import anew, forgive_lateness, under_others, with_wake
from pgx_postgres.watch.silence import tick
from pgx_postgres.watch.states import (
    HANDED_ON,
    HEARD,
    UNHEARD,
    Clock,
    Ended,
    Faulted,
    Opinion,
    Question,
    Result,
    Starting,
    State,
    Watching,
)
from pgx_postgres.watch.watched import (
    ONLINE,
    OPENING,
    POSTGRES,
    TEMPLATE1,
    Answered,
    Begun,
    Changed,
    Consult,
    CrashRestart,
    Effect,
    Event,
    Failed,
    FaultNow,
    Finish,
    Ignored,
    Inside,
    Limits,
    OthersServed,
    Outside,
    Plain,
    PostmasterGone,
    Publish,
    Ready,
    Recovered,
    Shut,
    Tick,
    Warn,
)


def step(limits: Limits, state: State, event: Event, now: float) -> Result:
    """Return the state after *event* at *now*, and what is to be done and said.

    Deadlines are judged and questions put by Tick alone, so that replies which have
    arrived are heard first.
    """
    match state:
        case Faulted() | Ended():
            return state, ()
        case Starting():
            return _starting(state, event, now)
        case Watching():
            before = forgive_lateness(limits, state, now)
            after, effects = _watching(limits, before, event, now)
            if isinstance(after, Watching):
                after = with_wake(limits, after, now)
            return after, effects
        case _:
            assert_never(state)


def wake_of(state: State) -> float | None:
    """Return when *state* wants its next Tick at the latest, None for not at all."""
    return state.question.clock.wake if isinstance(state, Watching) else None


def _starting(state: Starting, event: Event, now: float) -> Result:
    match event:
        case Ready():
            opinion = Opinion(HANDED_ON if state.answered else UNHEARD)
            return Watching(Question(Clock(now, now), ask_at=now), opinion), (Begun(),)
        case PostmasterGone():
            return _gone(event, answered=state.answered)
        case _:
            return state, ()


def _gone(event: PostmasterGone, *, answered: bool) -> Result:
    if answered and not event.expected:
        return faulted(event.reason)
    return Ended(event.reason), (Finish(event.reason),)


def _watching(limits: Limits, state: Watching, event: Event, now: float) -> Result:
    match event:
        case Tick():
            return tick(limits, state, now)
        case Answered():
            return _answered(limits, state, event, now)
        case Failed(number=number, reason=reason):
            return _failed(limits, state, number, reason, now)
        case Outside(number=number, reason=reason):
            return crowd.outside(limits, state, number, reason, now), ()
        case Inside(number=number):
            return crowd.inside(limits, state, number), ()
        case OthersServed():
            return crowd.others_served(limits, state, now)
        case Ignored(number=number):
            return _closed(limits, state, number, now), ()
        case FaultNow(number=number, reason=reason):
            # Somebody stops a server that was never ours to watch: no fault of ours.
            if not state.opinion.answered:
                return _closed(limits, state, number, now), ()
            return faulted(reason)
        case CrashRestart(reason=reason):
            return faulted(reason) if state.opinion.answered else (state, ())
        case PostmasterGone():
            return _gone(event, answered=state.opinion.answered)
        case Shut(reason=reason):
            return faulted(reason, shut=True)
        case Consult():
            return consult(state)
        case Changed():
            return under_others(limits, state, now), ()
        case Ready():
            return state, ()
        case _:
            assert_never(event)


def _closed(limits: Limits, state: Watching, number: int, now: float) -> Watching:
    """Take question *number* off the open ones; nothing is counted."""
    return replace(state, question=asking.closed(limits, state.question, number, now))


def _failed(
    limits: Limits, state: Watching, number: int, reason: str, now: float
) -> Result:
    after = _closed(limits, state, number, now)
    if not asking.is_number(state.question.current, number):
        return after, ()
    return count(limits, after, reason)


# --- replies ------------------------------------------------------------------


def _answered(limits: Limits, state: Watching, event: Answered, now: float) -> Result:
    if asking.is_number(state.question.second, event.number):
        return _second(limits, state, now)
    if not asking.is_open(state.question, event.number):
        return state, ()
    question = asking.closed(limits, state.question, event.number, now)
    if question.current is None:
        ask_at = asking.next_interval(limits, question, now)
        question = replace(question, due=None, ask_at=ask_at)
    after = Watching(question, _good(state.opinion))
    if question.current is not None and not limits.response_timeout:
        after = anew(limits, after, now)
    return after, _said(state.opinion, event.warning)


def _good(opinion: Opinion) -> Opinion:
    return replace(opinion.forgiven(), state=HEARD)


def _said(before: Opinion, warning: str | None) -> tuple[Effect, ...]:
    """Return what a reply of template1 changes for people."""
    effects: list[Effect] = [Plain()] if warning is None else []
    if before.failures:
        effects.append(Recovered(before.failures))
    effects += _first(before)
    if warning is not None:
        effects.append(Warn(warning))
    return tuple(effects)


def _first(before: Opinion) -> tuple[Effect, ...]:
    """Return Online, once: at the first reply that this watch has heard itself."""
    return () if before.state == HEARD else (Publish(ONLINE),)


def _second(limits: Limits, state: Watching, now: float) -> Result:
    """Database `postgres` replied: silence of template1 is a lock there, not a fault."""
    before = state.opinion
    after = replace(state, question=replace(state.question, second=None))
    if not _is_wanted(state):
        if not before.answered:
            return after, ()
        return replace(after, opinion=replace(before, state=HEARD)), _first(before)
    after = replace(after, opinion=_good(before))
    if state.question.due is not None:
        after = anew(limits, after, now)
    if not (before.failures or before.consulted):
        return after, _first(before)
    text = f'database "{TEMPLATE1}" does not answer, database "{POSTGRES}" does'
    return after, (*_first(before), Warn(text))


def _is_wanted(state: Watching) -> bool:
    """Whether a reply of `postgres` says something: it was sought, and not after a refusal."""
    opinion = state.opinion
    if asking.is_number(state.question.second, OPENING) and not opinion.consulted:
        return False
    return opinion.silent or not opinion.failures
