"""RMS's switchlog: messages, and between them what scripts have printed.  Pure.

The form is that of RMS's own manual (F.7.1): `TIME: (CODE, NUMBER): TYPE: TEXT`, ended by a
line `: ====`; a printed sample has no blank behind the time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pgx_base import moments

_HEAD = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}): ?"
    r"\(([A-Za-z0-9_]{1,16}), ?([0-9]{1,9})\): ?(NOTICE|WARNING|ERROR|FATAL ERROR): ?(.*)"
)
_ENDS = ": ===="
OUTPUT = "output"  # the type of what a script has printed


@dataclass(frozen=True, slots=True)
class Entry:
    """A message: *code* as `DET, 3`, *kind* as RMS has it, or OUTPUT without a code."""

    at: float
    code: str
    kind: str
    text: str


def read(text: str) -> list[Entry]:
    """Return all messages of *text*.

    What a script has printed gets the time of the message before it, as it has none; what
    stands before the first message is left out.
    """
    found: list[Entry] = []
    kept: list[str] = []
    head: tuple[float, str, str] | None = None
    for line in text.split("\n"):
        begins = _begins(line)
        if begins is not None or line == _ENDS:
            _close(found, head, kept)
            head, kept = None, []
        if begins is not None:
            head, first = begins
            kept = [first]
        elif line != _ENDS and line.strip():
            kept.append(line)
    _close(found, head, kept)
    return found


def _begins(line: str) -> tuple[tuple[float, str, str], str] | None:
    match = _HEAD.fullmatch(line)
    at = moments.read(match[1]) if match else None
    if match is None or at is None:
        return None
    return (at, f"{match[2]}, {match[3]}", match[4]), match[5]


def _close(
    found: list[Entry], head: tuple[float, str, str] | None, kept: list[str]
) -> None:
    text = "\n".join(kept)
    if head is not None:
        found.append(Entry(*head, text))
    elif kept and found:
        found.append(Entry(found[-1].at, "", OUTPUT, text))
