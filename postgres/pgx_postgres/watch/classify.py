"""What does the outcome of one question mean?

The table of the probe: error codes, never message text, which is localised.  A
reply, even an error, shows a live server; what counts as a failure all the same is
what another node would not suffer from: its processes, memory and devices.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias, assert_never

from pgx_base.light.dataclasses import dataclass
from pgx_postgres.watch.watched import (
    POSTGRES,
    Answered,
    Event,
    Failed,
    FaultNow,
    Ignored,
)


class Silence(Enum):
    """How a connection ended that brought no reply."""

    REFUSED = "connection refused"
    NO_SOCKET = "no socket"
    CUT = "connection cut"
    # What a server that serves others gives under load: see `is_crowd`.
    FULL = "the queue of connections is full"
    NO_PORT = "no free port to connect from"
    PASSED = "connection refused for a moment"


# Why none of these is a failure by itself.
_CROWD = frozenset(
    {
        # connect() on a Unix-domain socket gives EAGAIN, and on TCP the kernel drops the
        # SYN, while as many connections wait to be accepted as the server asked for.
        Silence.FULL,
        # EADDRNOTAVAIL: clients have used up the ports of the loopback interface.
        Silence.NO_PORT,
        # Refused or reset before it stood (a full queue with tcp_abort_on_overflow), and
        # let in when asked why.
        Silence.PASSED,
    }
)
# What looks like it and counts all the same, since another node may not suffer from it:
# a connection that was let in and then cut (the postmaster could not fork, or
# authentication_timeout ran out before the first byte was read), 53200, 53400.
# Answers, since they follow the clients to any node: 53300, and 57014, which is
# authentication_timeout later on.


def is_crowd(how: Silence) -> bool:
    """Whether *how* may mean that others are served: tried again before it counts."""
    return how in _CROWD


@dataclass(frozen=True, slots=True)
class Row:
    """SELECT 1 gave its row."""


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """The server replied with an error."""

    sqlstate: str


@dataclass(frozen=True, slots=True)
class PasswordAsked:
    """The server asked for a password and .pgpass has no *line* for it."""

    line: str = ""


@dataclass(frozen=True, slots=True)
class NoReply:
    """The question ended without an error code."""

    how: Silence
    address: str = ""


Outcome: TypeAlias = Row | ErrorReply | PasswordAsked | NoReply


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a reply is judged by, besides itself.

    *status* is line 8 of postmaster.pid, *transition* whether Online or Offline runs,
    *auth_fault* whether a refused login is a failure.
    """

    status: str | None = None
    transition: bool = False
    auth_fault: bool = True


_CANNOT_CONNECT_NOW = "57P03"
UNREAD = "unread"  # what line 8 says of a disk that does not answer
_AUTHORIZATION = "28"
_RESOURCES = "53"
# Insufficient resources that follow the data and its settings to any node.
_LIVES_WITH = frozenset({"53300", "53100"})
_SYSTEM_ERRORS = frozenset({"58000", "58030"})

# What lets nobody in and would do so on any node: a limit, a start, a closed or missing
# database, a right, damage.  Whatever else does so at Online may be this node's alone.
_MOVES_ALONG = _LIVES_WITH | {"57P03", "55000", "3D000", "42501", "XX001", "XX002"}

_EXPLAINED = {
    "53300": "too many connections",
    "53100": "disk full",
    "55000": "the database does not accept connections",
    "3D000": "the database does not exist",
    "58P01": "a file is missing",
    "58P02": "a file exists already",
    "XX001": "data corrupted",
    "XX002": "index corrupted",
}


def meaning(outcome: Outcome, number: int, database: str, seen: Circumstances) -> Event:
    """Return what *outcome* of question *number* to *database* means for the watch."""
    if database == POSTGRES and not isinstance(outcome, NoReply):
        # The second opinion asks only whether anybody is at home.
        return Answered(number, database=POSTGRES, shut=_shut(outcome))
    match outcome:
        case Row():
            return Answered(number)
        case ErrorReply(sqlstate=sqlstate):
            return _error(sqlstate, number, database, seen)
        case PasswordAsked(line=line):
            return _login(_no_password(line), number, seen)
        case NoReply(how=how, address=address):
            at = f" at {address}" if address else ""
            return Failed(number, f"{how.value}{at}")
        case _:
            assert_never(outcome)


def _no_password(line: str) -> str:
    reason = "a password is asked for and none fits"
    return f"{reason}: .pgpass has no line for {line}" if line else reason


def is_login(outcome: Outcome) -> bool:
    """Whether *outcome* says that we may not log in."""
    if isinstance(outcome, ErrorReply):
        return outcome.sqlstate.startswith(_AUTHORIZATION)
    return isinstance(outcome, PasswordAsked)


def _error(sqlstate: str, number: int, database: str, seen: Circumstances) -> Event:
    if sqlstate == _CANNOT_CONNECT_NOW:
        return _cannot_connect_now(number, seen)
    if sqlstate.startswith(_AUTHORIZATION):
        return _login(f"login refused with SQLSTATE {sqlstate}", number, seen)
    if sqlstate in _SYSTEM_ERRORS or (
        sqlstate.startswith(_RESOURCES) and sqlstate not in _LIVES_WITH
    ):
        return Failed(number, f"the server replied with SQLSTATE {sqlstate}")
    explained = _EXPLAINED.get(sqlstate)
    why = f" ({explained})" if explained else ""
    return Answered(
        number,
        f'database "{database}" replied with SQLSTATE {sqlstate}{why}',
        shut=_shut(ErrorReply(sqlstate)),
    )


def _shut(outcome: Outcome) -> str:
    """Return the error code that lets nobody in here, nothing for any other outcome."""
    if not isinstance(outcome, ErrorReply):
        return ""
    code = outcome.sqlstate
    moves = code in _MOVES_ALONG or code.startswith(_AUTHORIZATION)
    return "" if moves else code


def _login(reason: str, number: int, seen: Circumstances) -> Event:
    return Failed(number, reason) if seen.auth_fault else Answered(number, reason)


def _cannot_connect_now(number: int, seen: Circumstances) -> Event:
    if seen.status == "standby":
        return Answered(number, "a standby with hot_standby off cannot be asked by SQL")
    if seen.transition:
        return Ignored(number)
    if seen.status == UNREAD:
        return Failed(number, "it takes no connections, and its disk does not answer")
    return FaultNow(number, "the server is being started or stopped by somebody else")
