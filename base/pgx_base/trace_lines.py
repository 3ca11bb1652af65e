"""The lines of a trace.  Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from pgx_base import moments, trace_facts

_FORM = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}\.[0-9]{3})"
    r" ([a-z_]{1,32}(?:\([^][()]{1,64}\))?)\[([0-9]{1,10})\] (.*)"
)
_FACTS = "facts=1 "


class Line(NamedTuple):
    """What *who* with PID *pid* has written, and when."""

    at: float
    who: str
    pid: int
    text: str

    def facts(self) -> dict[str, str]:
        """Return what it says to programs; nothing where it is for people, or damaged."""
        if not self.text.startswith(_FACTS):
            return {}
        try:
            return trace_facts.parse(self.text)
        except ValueError:
            return {}

    def is_for_people(self) -> bool:
        """Whether a person is meant to read it."""
        return not self.text.startswith("facts=")


class Found(NamedTuple):
    """The lines that could be read, and how many could not."""

    lines: list[Line]
    unread: int


def read(text: str, now: float) -> Found:
    """Return the lines of *text*.

    A rotation, a full disk and a node's end leave half lines; one of a day that is yet to
    come, at *now*, was written by no clock that is right.
    """
    found, unread = [], 0
    days: dict[str, float | None] = {}
    for written in text.split("\n"):
        line = _line(written, days)
        if line is not None and line.at < now + moments.DAY:
            found.append(line)
        elif written:
            unread += 1
    return Found(found, unread)


def told(found: Found) -> list[str]:
    """Return in words how much was read, and how much could not be."""
    words = [f"{len(found.lines):,} lines were read."]
    if found.unread:
        words.append(
            f"{found.unread:,} lines could not be read: cut off, not a trace's, or of a "
            "time that is yet to come."
        )
    return words


def _line(written: str, days: dict[str, float | None]) -> Line | None:
    match = _FORM.fullmatch(written)
    if match is None:
        return None
    day, hour, minute, second, who, pid, text = match.groups()
    if day not in days:
        days[day] = moments.read(day)
    begin = days[day]
    if begin is None:
        return None
    at = begin + int(hour) * 3600 + int(minute) * 60 + float(second)
    return Line(at, who, int(pid), text)
