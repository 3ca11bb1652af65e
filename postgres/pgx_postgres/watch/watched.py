"""The words of the watch: limits, events and effects, as frozen values.

Times are seconds of a monotonic clock.  A question is one connection with one
SELECT 1, named by its number.
"""

from __future__ import annotations

from typing import TypeAlias

from pgx_base.light.dataclasses import dataclass

TEMPLATE1 = "template1"
POSTGRES = "postgres"

# What is published of a server.
ONLINE, FAULTED = "online", "faulted"

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
class Changed:
    """The limits are others from now on."""


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
    | Changed
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


@dataclass(frozen=True, slots=True)
class Begun:
    """The server may be asked from now on."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A reply was a plain row: what was odd about earlier ones is over."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One more failure in a row, of *allowed* that make a fault, for *reason*."""

    failures: int
    allowed: int
    reason: str


@dataclass(frozen=True, slots=True)
class Recovered:
    """The server answers after so many *failures* in a row."""

    failures: int


@dataclass(frozen=True, slots=True)
class Publish:
    """Let everybody know that the server is ONLINE, or FAULTED for *reason*.

    Each is said once in a watch.  *shut*: it is the start that has failed.
    """

    state: str
    reason: str = ""
    shut: bool = False


@dataclass(frozen=True, slots=True)
class Finish:
    """There is nothing to watch any more, for *reason*, and that is no fault."""

    reason: str


Effect: TypeAlias = Ask | Warn | Begun | Plain | Counted | Recovered | Publish | Finish
