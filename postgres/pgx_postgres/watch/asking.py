"""The open questions: put, let in or left outside, and closed."""

from __future__ import annotations

from pgx_base.light.dataclasses import replace
from pgx_postgres.watch.states import Asked, Question
from pgx_postgres.watch.watched import POSTGRES, TEMPLATE1, Ask, Effect, Limits

OVERDUE_LIMIT = 2

Asking = tuple[Question, tuple[Effect, ...]]


def is_number(asked: Asked | None, number: int) -> bool:
    """Whether *asked* is open and has *number*."""
    return asked is not None and asked.number == number


def is_open(question: Question, number: int) -> bool:
    """Whether question *number* to template1 is open."""
    return is_number(question.current, number) or number in question.overdue


def next_interval(limits: Limits, question: Question, now: float) -> float:
    """Return when the next question is put: from start to start, or at once."""
    return max(now, question.asked + limits.watch_interval)


def put(question: Question, allowed: float | None, now: float) -> Asking:
    """Ask template1; silence is due after the seconds *allowed*, None for never."""
    number = question.next_number
    after = replace(
        question,
        current=Asked(number),
        due=None if allowed is None else now + allowed,
        ask_at=None,
        asked=now,
        next_number=number + 1,
    )
    return after, (Ask(number, TEMPLATE1),)


def put_second(question: Question) -> Asking:
    """Ask `postgres`; an older question to it that is still open serves as well."""
    if question.second is not None:
        return question, ()
    number = question.next_number
    after = replace(question, second=Asked(number), next_number=number + 1)
    return after, (Ask(number, POSTGRES),)


def closed(limits: Limits, question: Question, number: int, now: float) -> Question:
    """Return *question* without number *number* among the open ones."""
    if is_number(question.second, number):
        return replace(question, second=None)
    if is_number(question.current, number):
        ask_at = next_interval(limits, question, now)
        return replace(question, current=None, due=None, ask_at=ask_at)
    if number not in question.overdue:
        return question
    overdue = tuple(one for one in question.overdue if one != number)
    if question.current is None and question.ask_at is None:
        # A question was held back for want of room, and now there is room.
        return replace(question, overdue=overdue, due=None, ask_at=now)
    return replace(question, overdue=overdue)


def past_due(question: Question, allowed: float, now: float) -> Question:
    """Return *question* after *allowed* seconds of silence: asked anew where there is room."""
    if question.outside is not None:
        # It goes on trying: to put another question in front of the door helps nobody.
        return replace(question, due=now + allowed)
    overdue = question.overdue
    if question.current is not None:
        overdue = (*overdue, question.current.number)
    room = len(overdue) < OVERDUE_LIMIT
    return replace(
        question,
        current=None,
        overdue=overdue,
        due=None if room else now + allowed,
        ask_at=now if room else None,
    )
