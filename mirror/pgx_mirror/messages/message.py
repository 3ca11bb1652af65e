"""What a message is, and the line that it becomes.  Pure.  Manual 7.5.

To add one, add a constant to the module of its subject; `python -m
tools.mirror_messages --write` puts it into docs/messages.md.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

from pgx_base.text import quoted

INFO, LOG, NOTICE, WARNING = "INFO", "LOG", "NOTICE", "WARNING"
ERROR, FATAL, PANIC = "ERROR", "FATAL", "PANIC"
# Table 7.1, in the numbers of <syslog.h>.
PRIORITY = {INFO: 6, LOG: 6, NOTICE: 5, WARNING: 4, ERROR: 3, FATAL: 2, PANIC: 1}

NOTHING = "None is required."

_LONGEST_PARAMETER = 300
_LONGEST_TEXT = (
    800  # bytes; the line has room for 1024, and the number stands at its end
)


@dataclass(frozen=True, slots=True)
class Message:
    """A row of the catalogue: *text* has its parameters in braces, by name.

    Two numbers are the manuals' own, MCA00062 and MCA00019.  All others begin with PGX
    and are ours: theirs are not known.
    """

    number: str
    kind: str
    text: str
    cause: str
    action: str = NOTHING

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of its parameters, in order."""
        found = (name for _, name, _, _ in string.Formatter().parse(self.text))
        return tuple(dict.fromkeys(name for name in found if name))


def ours(
    number: int, kind: str, text: str, cause: str, action: str = NOTHING
) -> Message:
    """Return a message with a number of ours."""
    return Message(f"PGX{number:05}", kind, text, cause, action)


def words(message: Message, parameters: dict[str, object]) -> str:
    """Return `type: text (number)`, in one line, whatever the parameters are.

    One that is not given is shown as `?`: a message is never the reason for an error.
    """
    shown = {name: _shown(parameters.get(name, "?")) for name in message.parameters}
    text = message.text.format(**shown).encode()
    if len(text) > _LONGEST_TEXT:
        text = text[:_LONGEST_TEXT].decode("utf-8", "ignore").encode() + b"..."
    return f"{message.kind}: {text.decode()} ({message.number})"


def _shown(value: object) -> str:
    text = str(value)
    if len(text) > _LONGEST_PARAMETER:
        text = text[:_LONGEST_PARAMETER] + "..."
    return quoted(text)[1:-1]
