"""How time is counted for and against the server.

Time in which the monitor itself did not run is not the server's silence: a node that
was frozen and thawed, or too busy to run us, froze or starved the server as well.  So
the watch asks to be woken often while it waits, and a step that comes much later than
it asked for pushes the deadlines back.
"""

from __future__ import annotations

from pgx_base.light.dataclasses import replace
from pgx_postgres.watch.states import Clock, Watching
from pgx_postgres.watch.watched import PATIENCE, Limits

_LONGEST_BEAT = 1.0


def patience(limits: Limits, state: Watching) -> float | None:
    """Return how long a question may take in *state*, None for without limit.

    Without a response time-out a server that lets nobody in fails once an interval: to be
    left outside is not to wait for an answer.
    """
    if limits.response_timeout:
        return limits.response_timeout
    if not state.opinion.answered:
        return PATIENCE
    return None if state.question.outside is None else limits.watch_interval


def deadline(limits: Limits, state: Watching, now: float) -> float | None:
    """Return when silence counts that begins *now*."""
    allowed = patience(limits, state)
    return None if allowed is None else now + allowed


def anew(limits: Limits, state: Watching, now: float) -> Watching:
    """Return *state* with silence that begins *now*."""
    due = deadline(limits, state, now)
    return replace(state, question=replace(state.question, due=due))


def under_others(limits: Limits, state: Watching, now: float) -> Watching:
    """Return *state* under *limits* that are others from now on.

    No silence of before counts by them, and a shorter interval does not wait for the longer
    one to end.  Failures that were counted stay.
    """
    question = state.question
    if question.ask_at is None:
        return anew(limits, state, now)
    sooner = max(now, question.asked + limits.watch_interval)
    ask_at = min(question.ask_at, sooner)
    return replace(state, question=replace(question, ask_at=ask_at))


def beat(limits: Limits) -> float:
    """Return how often the watch is woken at least while a deadline runs."""
    allowed = limits.response_timeout or PATIENCE
    return min(_LONGEST_BEAT, allowed / 4)


def forgive_lateness(limits: Limits, state: Watching, now: float) -> Watching:
    """Return *state* with its deadlines pushed back when this step comes too late.

    The first late step takes back all the time since the last one, since nobody knows
    when in it we stopped running; steps late in a row take back the lateness alone, so
    that on a node which never has time for us a dead server still faults.
    """
    question, clock = state.question, state.question.clock
    if clock.wake is None or now < clock.wake:
        return state
    if now <= clock.wake + beat(limits) / 2:
        return _with_clock(state, replace(clock, late=False))
    shift = now - (clock.wake if clock.late else clock.seen)
    due = None if question.due is None else question.due + shift
    question = replace(question, clock=replace(clock, late=True), due=due)
    return replace(state, question=question)


def _with_clock(state: Watching, clock: Clock) -> Watching:
    return replace(state, question=replace(state.question, clock=clock))


def with_wake(limits: Limits, state: Watching, now: float) -> Watching:
    """Return *state* with the instant at which it wants its next Tick."""
    question = state.question
    wanted = [
        at
        for at in (question.due, question.ask_at, _half(limits, state))
        if at is not None
    ]
    if question.due is not None:
        wanted.append(now + beat(limits))
    wake = max(now, min(wanted)) if wanted else None
    return _with_clock(state, Clock(now, wake, question.clock.late))


def _half(limits: Limits, state: Watching) -> float | None:
    """Return when a single allowed question is half over and not yet doubted."""
    due, allowed = state.question.due, patience(limits, state)
    if limits.retry_count or due is None or state.opinion.consulted or allowed is None:
        return None
    return due - allowed / 2
