"""The words of the watch: limits, events, effects and states, as frozen values.

Times are seconds of a monotonic clock.  A question is one connection with one
SELECT 1, named by its number.
"""

from __future__ import annotations

from typing import TypeAlias

from pgx_base.light.dataclasses import dataclass

TEMPLATE1 = "template1"
POSTGRES = "postgres"

# The number of the question to `postgres` that Online has put beside the first one.
OPENING = 0

# What a question is allowed where the definition sets no limit and there must be one:
# before the first answer of a watch.
PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the definition allows; a response time-out of 0 never times out."""

    watch_interval: float
    response_timeout: float
    retry_count: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The server has left line 8 `starting`: it may be asked."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; every reply that has arrived was stepped before."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A live server replied; *warning* says what was odd about the reply.

    *shut*: the error code, where the reply lets nobody in and another node might.
    """

    number: int
    warning: str | None = None
    database: str = TEMPLATE1
    shut: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The question ended without a reply, or with one that counts as a failure."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outside:
    """The question finds no room in the server's queue of connections, and goes on trying.

    *reason* says where.
    """

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Inside:
    """The question has found room: from now on it is asked."""

    number: int


@dataclass(frozen=True, slots=True)
class OthersServed:
    """While a question stood outside, the server has let in somebody else."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """The reply says nothing: the server starts or stops under Online or Offline."""

    number: int


@dataclass(frozen=True, slots=True)
class FaultNow:
    """The reply is a fault by itself."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class PostmasterGone:
    """The postmaster has ended; *expected* while an Offline runs."""

    reason: str
    expected: bool = False


@dataclass(frozen=True, slots=True)
class CrashRestart:
    """The postmaster has restarted its children, or is about to."""

    reason: str


@dataclass(frozen=True, slots=True)
class Consult:
    """Ask `postgres` as well: Online wants to know of both databases."""


@dataclass(frozen=True, slots=True)
class Shut:
    """A server that Online has started lets nobody in, *reason*: its start has failed."""

    reason: str


Event: TypeAlias = (
    Ready
    | Tick
    | Answered
    | Failed
    | Outside
    | Inside
    | OthersServed
    | Ignored
    | FaultNow
    | PostmasterGone
    | CrashRestart
    | Consult
    | Shut
)


@dataclass(frozen=True, slots=True)
class Ask:
    """Put question *number* to *database*."""

    number: int
    database: str


@dataclass(frozen=True, slots=True)
class Warn:
    """Tell people *text*."""

    text: str


Effect: TypeAlias = Ask | Warn


@dataclass(frozen=True, slots=True)
class Clock:
    """When the watch was last stepped, when it wants to be woken, and whether it was late.

    *wake* is None when only a reply can change anything.
    """

    seen: float
    wake: float | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Starting:
    """The server is not ready; nothing is asked.  *answered*: it was Online before."""

    answered: bool = False


@dataclass(frozen=True, slots=True)
class Watching:
    """The server is being asked.

    failures   failures in a row
    silent     the last of them was a time-out
    current    the question to template1 that is still in its time
    outside    why it has not been let in, None once it has
    overdue    questions to template1 that timed out and are kept open
    due        when silence counts as the next failure
    ask_at     when the next question to template1 is put
    asked      when the last one was put
    opinion    the open question to `postgres`
    opinion_outside  it has not been let in
    consulted  the second opinion was sought in this stretch of silence
    """

    clock: Clock
    answered: bool = False
    failures: int = 0
    silent: bool = False
    current: int | None = None
    outside: str | None = None
    overdue: tuple[int, ...] = ()
    due: float | None = None
    ask_at: float | None = None
    asked: float = 0.0
    opinion: int | None = None
    opinion_outside: bool = False
    consulted: bool = False
    next_number: int = 1


@dataclass(frozen=True, slots=True)
class Faulted:
    """Final until the next Online."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The server has ended and that is no fault: it never answered, or Offline stops it."""

    reason: str


State: TypeAlias = Starting | Watching | Faulted | Ended
