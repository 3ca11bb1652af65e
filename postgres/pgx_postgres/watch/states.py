"""The states of the watch, as frozen values: while it asks, a question and an opinion.

Times are seconds of a monotonic clock.
"""

from __future__ import annotations

from typing import TypeAlias

from pgx_base.light.dataclasses import dataclass, replace
from pgx_postgres.watch.watched import Effect

# What is thought of a server: it has never answered; it was Online before this watch began;
# it has answered this watch, which was published.
UNHEARD, HANDED_ON, HEARD = "unheard", "handed on", "heard"


@dataclass(frozen=True, slots=True)
class Clock:
    """When the watch was last stepped, when it wants to be woken, and whether it was late.

    *wake* is None when only a reply can change anything.
    """

    seen: float
    wake: float | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question; *outside* says why it has not been let in, None once it has."""

    number: int
    outside: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, since when, and until when.

    clock        when the watch was stepped, and wants to be
    current      the question to template1 that is still in its time
    overdue      those that timed out and are kept open
    second       the question to `postgres`
    asked        when the last question to template1 was put
    due          when silence counts as the next failure
    ask_at       when the next question to template1 is put
    next_number  that of the next question

    One to template1 is current, or the next is to be put at its time; or there is no
    room for it, and silence is due all the same.
    """

    clock: Clock
    current: Asked | None = None
    overdue: tuple[int, ...] = ()
    second: Asked | None = None
    asked: float = 0.0
    due: float | None = None
    ask_at: float | None = None
    next_number: int = 1

    @property
    def outside(self) -> str | None:
        """Why the current one has not been let in, None where it has, or there is none."""
        return None if self.current is None else self.current.outside


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is thought of the server, and by what evidence.

    state      UNHEARD, HANDED_ON or HEARD
    failures   failures in a row
    silent     the last of them was a time-out
    consulted  the second opinion was sought in this stretch of silence
    """

    state: str = UNHEARD
    failures: int = 0
    silent: bool = False
    consulted: bool = False

    @property
    def answered(self) -> bool:
        """Whether it is known to have answered: only then can it be at fault."""
        return self.state != UNHEARD

    def forgiven(self) -> Opinion:
        """Return it with nothing counted."""
        return replace(self, failures=0, silent=False, consulted=False)


@dataclass(frozen=True, slots=True)
class Starting:
    """The server is not ready; nothing is asked.  *answered*: it was Online before."""

    answered: bool = False


@dataclass(frozen=True, slots=True)
class Watching:
    """The server is being asked."""

    question: Question
    opinion: Opinion


@dataclass(frozen=True, slots=True)
class Faulted:
    """Final until the next Online."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The server has ended and that is no fault: it never answered, or Offline stops it."""

    reason: str


State: TypeAlias = Starting | Watching | Faulted | Ended
Result: TypeAlias = tuple[State, tuple[Effect, ...]]
