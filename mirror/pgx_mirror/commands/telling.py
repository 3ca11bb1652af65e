"""Which messages a call of a program means.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pgx_mirror.commands.order import (
    DONE,
    FAILED,
    NOT_CALLED,
    TIMED_OUT,
    UNHEARD,
    Order,
    Outcome,
)
from pgx_mirror.hands.line import Ended
from pgx_mirror.messages import commands
from pgx_mirror.messages.message import Message

News = tuple[Message, dict[str, Any]]
_BY_END = {
    DONE: commands.DONE,
    FAILED: commands.FAILED,
    TIMED_OUT: commands.TIMED_OUT,
    NOT_CALLED: commands.NOT_CALLED,
    UNHEARD: commands.UNHEARD,
}


def begun(command: str, order: Order) -> News:
    """Return what is said of *order*, a call of the program of parameter *command*."""
    given = {"path": order.path, "arguments": " ".join(order.arguments)}
    return commands.CALLED, {"command": command, **given}


def ended(command: str, path: str, outcome: Outcome) -> Iterator[News]:
    """Yield what is said of its *outcome*: what it said, then how it ended."""
    for line in outcome.lines:
        yield commands.SAYS, {"command": command, "line": line}
    message = _BY_END[outcome.how]
    seconds = f"{outcome.seconds:.1f}"
    yield (
        message,
        {"command": command, "path": path, "reason": outcome.why, "seconds": seconds},
    )


def outcome(said: Ended) -> Outcome:
    """Return what has come of a call whose hand has *said* its last word."""
    if isinstance(said.value, Outcome):
        return said.value
    return Outcome(UNHEARD if said.begun else NOT_CALLED, said.problem)
