"""Every message, by number, and how docs/messages.md shows them.  Pure."""

from __future__ import annotations

from types import ModuleType

from pgx_mirror.messages import commands, controller, disk, pair, peer, register, server
from pgx_mirror.messages.message import Message

SUBJECTS: tuple[ModuleType, ...] = (
    controller,
    peer,
    pair,
    server,
    disk,
    register,
    commands,
)


def of(subject: ModuleType) -> list[Message]:
    """Return the messages that are constants of *subject*, in its order."""
    return [value for value in vars(subject).values() if isinstance(value, Message)]


CATALOGUE = {row.number: row for subject in SUBJECTS for row in of(subject)}


def table() -> list[str]:
    """Return the lines of the table in docs/messages.md; parameters are in capitals."""
    head = [
        "| number | type | text | cause | action |",
        "| --- | --- | --- | --- | --- |",
    ]
    return head + [_row(message) for message in CATALOGUE.values()]


def _row(message: Message) -> str:
    capitals = {name: name.upper() for name in message.parameters}
    text = message.text.format(**capitals)
    return (
        f"| {message.number} | {message.kind} | `{text}` | {message.cause} "
        f"| {message.action} |"
    )
