"""Connection strings, primary_conninfo for one, read and changed as libpq reads them (pure).

`name = value` over and over; a value in single quotes may have blanks in it, and a
backslash takes its meaning from the character behind it, in quotes or not.  Of a name that
is there twice the last one counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

APPLICATION_NAME = "application_name"
_SCHEMES = ("postgresql://", "postgres://")
_BLANK = " \t\n\r\f\v"
_PART = re.compile(
    rf"""[{_BLANK}]* (?P<key>[^={_BLANK}]+) [{_BLANK}]* = [{_BLANK}]*
    (?P<value> '(?P<quoted>(?:[^'\\]|\\.)*)' | (?!')(?P<plain>(?:[^\\{_BLANK}]|\\.|\\\Z)*) )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.|\Z)", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)


class Unreadable(ValueError):
    """libpq would refuse the string, or it is a URI.  Never shown: it may hold a password."""


@dataclass(frozen=True, slots=True)
class Part:
    """One parameter, and where its value stands, quotes included."""

    key: str
    value: str
    span: tuple[int, int]


def parts(text: str) -> list[Part]:
    """Return the parameters of *text*, in their order.  Raises Unreadable."""
    if text.startswith(_SCHEMES):
        raise Unreadable("it is a URI, and not of the form name = value")
    found, at = [], 0
    while text[at:].strip(_BLANK):
        match = _PART.match(text, at)
        if match is None:
            raise Unreadable("it is not of the form name = value")
        raw = match["plain"] if match["quoted"] is None else match["quoted"]
        value = _ESCAPED.sub(r"\1", raw)
        found.append(Part(match["key"], value, match.span("value")))
        at = match.end()
    return found


def value_of(text: str, key: str) -> str:
    """Return the value of *key* in *text*, empty without one.  Raises Unreadable."""
    return next((p.value for p in reversed(parts(text)) if p.key == key), "")


def with_value(text: str, key: str, value: str) -> str:
    """Return *text* with *value* for *key*, all else as it was.  Raises Unreadable.

    A parameter that is new comes first: what ends in a backslash would take it in.
    """
    there = [part for part in parts(text) if part.key == key]
    if not there:
        return f"{key}={quoted(value)} {text}" if text else f"{key}={quoted(value)}"
    start, end = there[-1].span
    behind = text[end:]
    if behind and behind[0] not in _BLANK:
        behind = " " + behind  # after a value in quotes libpq needs no blank
    return text[:start] + quoted(value) + behind


def quoted(value: str) -> str:
    """Return *value* as it is written in a connection string."""
    if _PLAIN.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
