"""When does silence become a fault?

This module decides and does nothing else: no clock, no socket, no file.  The
monitor steps it with every reply, then with a Tick, and does what it returns.

    Starting --Ready--> Watching(0 failures)
    Watching(n) --Answered--> Watching(0)
    Watching(n) --Failed, or due--> Watching(n + 1) ... --more than retry_count--> Faulted
    Watching(n) --reply of `postgres` to the second opinion--> Watching(0)
    Watching(n) --outside, and others are let in--> Watching(0)

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
from pgx_postgres.watch import crowd
from pgx_postgres.watch.opening import consult
from pgx_postgres.watch.pace import deadline, forgive_lateness, patience, with_wake
from pgx_postgres.watch.watched import (
    OPENING,
    PATIENCE,
    POSTGRES,
    TEMPLATE1,
    Answered,
    Ask,
    Clock,
    Consult,
    CrashRestart,
    Effect,
    Ended,
    Event,
    Failed,
    Faulted,
    FaultNow,
    Ignored,
    Inside,
    Limits,
    OthersServed,
    Outside,
    PostmasterGone,
    Ready,
    Shut,
    Starting,
    State,
    Tick,
    Warn,
    Watching,
)

OVERDUE_LIMIT = 2

Result = tuple[State, tuple[Effect, ...]]


def step(limits: Limits, state: State, event: Event, now: float) -> Result:
    """Return the state after *event* at *now*, and what is to be done.

    Deadlines are judged and questions put by Tick alone, so that replies which have
    arrived are heard first.
    """
    match state:
        case Faulted() | Ended():
            return state, ()
        case Starting():
            return _starting(state, event, now), ()
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
    return state.clock.wake if isinstance(state, Watching) else None


def _starting(state: Starting, event: Event, now: float) -> State:
    match event:
        case Ready():
            return Watching(Clock(now, now), answered=state.answered, ask_at=now)
        case PostmasterGone(reason=reason, expected=expected):
            return _gone(state.answered and not expected, reason)
        case _:
            return state


def _gone(fault: bool, reason: str) -> State:
    return Faulted(reason) if fault else Ended(reason)


def _watching(limits: Limits, state: Watching, event: Event, now: float) -> Result:
    match event:
        case Tick():
            return _tick(limits, state, now)
        case Answered(number=number, warning=warning):
            return _answered(limits, state, number, warning, now)
        case Failed(number=number, reason=reason):
            return _failed(limits, state, number, reason, now), ()
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
            if not state.answered:
                return _closed(limits, state, number, now), ()
            return Faulted(reason), ()
        case CrashRestart(reason=reason):
            return (Faulted(reason) if state.answered else state), ()
        case PostmasterGone(reason=reason, expected=expected):
            return _gone(state.answered and not expected, reason), ()
        case Shut(reason=reason):
            return Faulted(reason), ()
        case Consult():
            return consult(state)
        case Ready():
            return state, ()
        case _:
            assert_never(event)


def _next_interval(limits: Limits, state: Watching, now: float) -> float:
    return max(now, state.asked + limits.watch_interval)


def _closed(limits: Limits, state: Watching, number: int, now: float) -> Watching:
    """Take question *number* off the open ones; nothing is counted."""
    if number == state.opinion:
        return replace(state, opinion=None, opinion_outside=False)
    if number == state.current:
        ask_at = _next_interval(limits, state, now)
        return replace(state, current=None, outside=None, due=None, ask_at=ask_at)
    if number not in state.overdue:
        return state
    overdue = tuple(one for one in state.overdue if one != number)
    if state.current is None and state.ask_at is None:
        # A question was held back for want of room, and now there is room.
        return replace(state, overdue=overdue, due=None, ask_at=now)
    return replace(state, overdue=overdue)


def _answered(
    limits: Limits, state: Watching, number: int, warning: str | None, now: float
) -> Result:
    if number == state.opinion:
        return _opinion(limits, state, now)
    if number != state.current and number not in state.overdue:
        return state, ()
    after = _closed(limits, state, number, now)
    after = replace(after, answered=True, failures=0, silent=False, consulted=False)
    if after.current is None:
        ask_at = _next_interval(limits, after, now)
        after = replace(after, due=None, ask_at=ask_at)
    elif not limits.response_timeout:
        after = replace(after, due=deadline(limits, after, now))
    return after, (() if warning is None else (Warn(warning),))


def _opinion(limits: Limits, state: Watching, now: float) -> Result:
    """Database `postgres` replied: silence of template1 is a lock there, not a fault."""
    after = replace(state, opinion=None, opinion_outside=False)
    unasked = state.opinion == OPENING and not state.consulted
    if unasked or (state.failures and not state.silent):
        return after, ()
    after = replace(after, answered=True, failures=0, silent=False, consulted=False)
    if state.due is not None:
        after = replace(after, due=deadline(limits, after, now))
    if not (state.failures or state.consulted):
        return after, ()
    text = f'database "{TEMPLATE1}" does not answer, database "{POSTGRES}" does'
    return after, (Warn(text),)


def _failed(
    limits: Limits, state: Watching, number: int, reason: str, now: float
) -> State:
    after = _closed(limits, state, number, now)
    if number != state.current:
        return after
    failures = state.failures + 1
    if failures > limits.retry_count:
        return Faulted(_reason(failures, reason))
    return replace(after, failures=failures, silent=False, consulted=False)


def _reason(failures: int, reason: str) -> str:
    if failures == 1:
        return reason
    return f"{failures} failures in a row, the last: {reason}"


def _allowed(limits: Limits, state: Watching) -> float:
    allowed = patience(limits, state)
    return PATIENCE if allowed is None else allowed


def _tick(limits: Limits, state: Watching, now: float) -> Result:
    if state.due is not None and now >= state.due:
        after = _silence(limits, state, now)
        if isinstance(after, Faulted):
            return after, ()
        state = after
    effects: tuple[Effect, ...] = ()
    if state.ask_at is not None and now >= state.ask_at:
        state, effects = _ask(limits, state, now)
    if _wants_opinion(limits, state, now):
        state, more = _consult(state)
        effects += more
    return state, effects


def _silence(limits: Limits, state: Watching, now: float) -> Watching | Faulted:
    """Count one response time-out without a reply."""
    allowed = _allowed(limits, state)
    failures = state.failures + 1
    if failures > limits.retry_count:
        return Faulted(_reason(failures, _silent_for(state, allowed)))
    if state.outside is not None:
        # It goes on trying: to put another question in front of the door helps nobody.
        due = now + allowed
        return replace(state, failures=failures, silent=True, due=due, consulted=False)
    overdue = state.overdue
    if state.current is not None:
        overdue = (*overdue, state.current)
    room = len(overdue) < OVERDUE_LIMIT
    return replace(
        state,
        failures=failures,
        silent=True,
        current=None,
        overdue=overdue,
        due=None if room else now + allowed,
        ask_at=now if room else None,
        consulted=False,
    )


def _silent_for(state: Watching, allowed: float) -> str:
    if state.outside is None:
        return f"no answer within {allowed:g} s"
    return f"{state.outside}, and nobody was let in for {allowed:g} s"


def _ask(
    limits: Limits, state: Watching, now: float
) -> tuple[Watching, tuple[Effect, ...]]:
    allowed = patience(limits, state)
    number = state.next_number
    after = replace(
        state,
        current=number,
        due=None if allowed is None else now + allowed,
        ask_at=None,
        asked=now,
        consulted=False,
        next_number=number + 1,
    )
    return after, (Ask(number, TEMPLATE1),)


def _wants_opinion(limits: Limits, state: Watching, now: float) -> bool:
    """Whether this is the last allowed retry after silence, or half of the only question."""
    waiting = state.current is not None or state.due is not None
    if not waiting or state.consulted or state.failures != limits.retry_count:
        return False
    if limits.retry_count:
        return state.silent
    return state.due is not None and now >= state.due - _allowed(limits, state) / 2


def _consult(state: Watching) -> tuple[Watching, tuple[Effect, ...]]:
    """Ask `postgres` too; an older question to it that is still open serves as well."""
    after = replace(state, consulted=True)
    if state.opinion is not None:
        return after, ()
    number = state.next_number
    after = replace(after, opinion=number, next_number=number + 1)
    return after, (Ask(number, POSTGRES),)
