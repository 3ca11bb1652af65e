"""`name = value` lines: serverIdentifier.conf and arbitration.conf.  Pure.

A text stands in single quotation marks; within them `''` and `\\'` are one such mark and
`\\\\` is a backslash.  No value is ever shown here: it may be a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pgx_base.text import quoted
from pgx_mirror.conf.problem import Problem, wrong
from pgx_mirror.conf.text import Line

_NAME = re.compile(r"[ \t]*([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*")
_QUOTED = re.compile(r"'((?:[^'\\]|''|\\.)*)'")
_BARE = re.compile(r"[^ \t#']+")
_ESCAPE = re.compile(r"''|\\(.)")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One line: *value* is without its quotation marks."""

    line: int
    name: str
    value: str
    quoted: bool


def read(numbered: list[Line]) -> tuple[list[Assignment], list[Problem]]:
    """Return what each line assigns, and what is wrong with the others."""
    found: list[Assignment] = []
    problems: list[Problem] = []
    for line in numbered:
        if line[1].partition("#")[0].strip(" \t"):
            one = _assignment(line)
            if isinstance(one, Assignment):
                found.append(one)
            else:
                problems.append(one)
    problems += _twice(found)
    return found, problems


def _assignment(line: Line) -> Assignment | Problem:
    number, text = line
    start = _NAME.match(text)
    if start is None:
        return wrong(number, 'line is not of the form "name = value"')
    name = start[1]
    mark = text[start.end() : start.end() + 1] == "'"
    value = (_QUOTED if mark else _BARE).match(text, start.end())
    if value is None:
        return _no_value(number, name, mark)
    if text[value.end() :].partition("#")[0].strip(" \t"):
        return wrong(
            number,
            f"value of parameter {quoted(name)} is followed by more text",
            hint=r"Put the whole value into single quotation marks, one in it as \'.",
        )
    if not mark:
        return Assignment(number, name, value[0], False)
    if any(match[1] not in (None, "'", "\\") for match in _ESCAPE.finditer(value[1])):
        return wrong(
            number,
            f"value of parameter {quoted(name)} has a backslash that means nothing",
            hint=r"Write \\ for a backslash and \' for a single quotation mark.",
        )
    return Assignment(number, name, _ESCAPE.sub(_plain, value[1]), True)


def _plain(match: re.Match[str]) -> str:
    return match[1] or "'"


def _no_value(number: int, name: str, mark: bool) -> Problem:
    if mark:
        return wrong(
            number,
            f"value of parameter {quoted(name)} has no closing quotation mark",
            hint=r"Write \' for a single quotation mark and \\ for a backslash.",
        )
    return wrong(number, f"parameter {quoted(name)} has no value")


def _twice(found: list[Assignment]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for one in found:
        if one.name in first:
            yield wrong(
                one.line,
                f"parameter {quoted(one.name)} given more than once",
                f"It stands in line {first[one.name]} too.",
            )
        first.setdefault(one.name, one.line)
