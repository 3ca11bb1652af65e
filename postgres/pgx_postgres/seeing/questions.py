"""The questions that are open, and what their replies mean."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

from pgx_base.light.dataclasses import dataclass, replace
from pgx_postgres.probe.addresses import Address
from pgx_postgres.probe.login import Login
from pgx_postgres.probe.question import Question
from pgx_postgres.seeing.reachable import Reachable
from pgx_postgres.watch.classify import (
    Circumstances,
    ErrorReply,
    NoReply,
    Outcome,
    Row,
    meaning,
)
from pgx_postgres.watch.watched import Answered, Event, Inside, OthersServed, Outside

# Number of a question, its database, and what happened when (monotonic seconds).
Asked = tuple[int, str, list[tuple[float, str]]]

# When an answer came, monotonic, and the seconds that it took.
Answer = tuple[float, float]

_REMEMBERED = 20
_STARTING_OR_STOPPING = "57P03"
_LOOK_AGAIN = 0.5  # seconds between two looks at ways that hang


@dataclass(frozen=True, slots=True)
class Asking:
    """How questions are put and judged.

    *addresses* finds where the server listens; *status* reads line 8 of its PID file;
    *transition* tells whether Online or Offline runs; *warned* is told what the server
    warns of at a login to a database, an empty text for nothing.
    """

    login: Login
    auth_fault: bool
    addresses: Callable[[], list[Address]]
    status: Callable[[], str | None]
    transition: Callable[[], bool]
    warned: Callable[[str, str], None]


class Questions:
    """Every open question by its number."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._open: dict[int, Question] = {}
        self._held_up: dict[int, str] = {}
        self._look_again = 0.0
        self._reachable = Reachable()
        self._outside: dict[int, str] = {}
        self._addresses: list[Address] = []
        self.answered: Answer = (0.0, 0.0)
        self._answers: list[Answer] = []
        self._ended: deque[Asked] = deque(maxlen=_REMEMBERED)

    def judge_logins(self, *, auth_fault: bool) -> None:
        """Let a failed authentication be a fault from now on, or a warning."""
        self._asking = replace(self._asking, auth_fault=auth_fault)

    def put(self, number: int, database: str) -> None:
        """Begin question *number* to *database*."""
        self._held_up[number] = database
        self._begin()

    def _begin(self) -> None:
        """Begin those that wait, unless all ways to the server hang: that is silence."""
        if not self._addresses:
            self._addresses = self._asking.addresses()
        open_to_us = self._reachable.of(self._addresses)
        self._look_again = time.monotonic() + _LOOK_AGAIN
        if self._addresses and not open_to_us:
            return
        for number, database in self._held_up.items():
            self._open[number] = Question(open_to_us, self._asking.login, database)
        self._held_up.clear()

    def waited_for(self) -> dict[int, int]:
        """Return the descriptors to wait for, each with its poll events.

        A question that needs no waiting is under -1.
        """
        waited: dict[int, int] = {}
        for question in self._open.values():
            fd = question.fileno()
            if fd is not None:
                waited[fd] = question.events
            elif question.wake is None:
                waited[-1] = 0
        return waited

    def wake(self) -> float:
        """Return when a question wants to go on by itself, infinity for never."""
        wakes = [one.wake for one in self._open.values()]
        if self._held_up:
            wakes.append(self._look_again)
        return min((at for at in wakes if at is not None), default=math.inf)

    @property
    def outside(self) -> bool:
        """Whether a question finds no room in the server's queue of connections."""
        return bool(self._outside)

    def hear(self, ready: dict[int, int]) -> list[Event]:
        """Go on with the questions whose descriptors are *ready*, or whose time has come.

        Return what became of them.
        """
        events: list[Event] = []
        if self._held_up and time.monotonic() >= self._look_again:
            self._begin()
        for number, question in list(self._open.items()):
            others = question.others
            outcome = question.advance() if _can_go_on(question, ready) else None
            if question.others > others:
                events.append(OthersServed())
            if outcome is not None:
                events.append(self._end(number, question, outcome))
            elif question.outside != self._outside.get(number):
                events.append(self._moved(number, question.outside))
        return events

    def _moved(self, number: int, outside: str | None) -> Event:
        if outside is None:
            del self._outside[number]
            return Inside(number)
        self._outside[number] = outside
        return Outside(number, outside)

    def _end(self, number: int, question: Question, outcome: Outcome) -> Event:
        question.close()
        del self._open[number]
        self._outside.pop(number, None)
        self._ended.append((number, question.database, question.steps))
        if isinstance(outcome, NoReply):
            self._addresses = []  # the server may listen elsewhere by now
        if isinstance(outcome, Row):
            self._asking.warned(question.database, question.warning)
        seen = self._circumstances(outcome)
        event = meaning(outcome, number, question.database, seen)
        if isinstance(event, Answered) and question.steps:
            now = time.monotonic()
            self.answered = now, now - question.steps[0][0]
            self._answers.append(self.answered)
        return event

    def _circumstances(self, outcome: Outcome) -> Circumstances:
        asking = self._asking
        if outcome != ErrorReply(_STARTING_OR_STOPPING):
            return Circumstances(auth_fault=asking.auth_fault)
        return Circumstances(asking.status(), asking.transition(), asking.auth_fault)

    def take_answers(self) -> list[Answer]:
        """Return the answers that have come since this was called last."""
        taken, self._answers = self._answers, []
        return taken

    def close(self) -> None:
        """Close every question, keeping what they went through."""
        for number, question in self._open.items():
            self._ended.append((number, question.database, question.steps))
            question.close()
        self._open.clear()
        self._held_up.clear()
        self._outside.clear()

    def history(self) -> list[Asked]:
        """Return the last questions and what happened to them when."""
        still = [(n, one.database, one.steps) for n, one in self._open.items()]
        return [*self._ended, *still]


def _can_go_on(question: Question, ready: dict[int, int]) -> bool:
    fd = question.fileno()
    if fd is not None and fd in ready:
        return True
    return (
        time.monotonic() >= question.wake if question.wake is not None else fd is None
    )
