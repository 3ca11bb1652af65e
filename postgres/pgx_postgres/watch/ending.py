"""Why did a server end?  Told by what it has left, never by the text of its log.

A server that is told to stop writes so into line 8 of postmaster.pid; one that ends by
itself removes the file; pg_control says whether the shutdown was finished.
"""

from __future__ import annotations

from pgx_base.light.dataclasses import dataclass

# The cluster's state in pg_control, DBState: 1 and 2 are finished shutdowns.
_SHUT_DOWN = frozenset({1, 2})
_SHUTTING_DOWN = 3


@dataclass(frozen=True, slots=True)
class Remains:
    """What there was to see.

    *stopping*: line 8 said so at last; *alive*: the postmaster lives; *file*: its PID file
    is there; *state*: the cluster's in pg_control, None when it could not be read; *panic*
    and *fatal*: the last such line of its log, empty without one.
    """

    stopping: bool = False
    alive: bool = False
    file: bool = False
    state: int | None = None
    panic: str = ""
    fatal: str = ""


def explained(reason: str, left: Remains, us: str) -> str:
    """Return *reason* as somebody can use it who has seen nothing of the server.

    *us*: the command of ours that stops a server, and has not stopped this one.
    """
    if left.stopping:
        return _quoting(f"{_stopped(left)}, not by {us}", left.panic)
    # A FATAL line is mostly some client's; a postmaster that ends by itself says one too.
    by_itself = not left.alive and not left.file
    return _quoting(reason, left.panic or (left.fatal if by_itself else ""))


def _quoting(reason: str, line: str) -> str:
    return f"{reason}; its log says: {line}" if line else reason


def _stopped(left: Remains) -> str:
    """Name the stop.  A smart one that no client holds up does what a fast one does."""
    if left.alive:
        return "the server is being shut down"
    if left.state in _SHUT_DOWN:
        return "the server was shut down (fast)"
    if left.file or left.state in (None, _SHUTTING_DOWN):
        return "the server ended while it was being shut down"
    return "the server was shut down (immediate)"
