"""A table of parameters, and reading a file by it.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pgx_base.text import quoted
from pgx_mirror.conf import assignments
from pgx_mirror.conf.assignments import Assignment
from pgx_mirror.conf.kinds import Kind, Text, Value, Wrong
from pgx_mirror.conf.problem import Problem, doubtful, wrong
from pgx_mirror.conf.text import lines, nearest

# Who has the parameter: the manual's B.4, the newer manuals, or nobody that we know.
MANUAL, NEWER, OURS = "manual", "newer", "ours"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A row: *default* as it would stand in the file, "" for none; *about* is for people.

    like   the parameter whose value it has where it is not given
    later  it is read and checked, and nothing comes of it yet
    """

    name: str
    kind: Kind
    about: str
    default: str = ""
    origin: str = MANUAL
    required: bool = False
    like: str = ""
    later: bool = False

    @property
    def value(self) -> Value:
        """The default as the code has it."""
        if self.default:
            return self.kind.value(self.default)
        return "" if isinstance(self.kind, Text) else None


@dataclass(frozen=True, slots=True)
class Given:
    """What a file says: values by name, and the lines of those that stand there."""

    values: Mapping[str, Value]
    at: Mapping[str, int]


def table(rows: Iterable[Parameter]) -> dict[str, Parameter]:
    """Return *rows* by name."""
    return {row.name: row for row in rows}


def read(data: bytes, table: Mapping[str, Parameter]) -> tuple[Given, list[Problem]]:
    """Return what the file *data* says of the parameters in *table*, and what is wrong."""
    numbered, problems = lines(data)
    found, faults = assignments.read(numbered)
    problems += faults
    values: dict[str, Value] = {}
    at: dict[str, int] = {}
    for one in found:
        at.setdefault(one.name, one.line)
        problem = _judged(one, table, values)
        problems += [problem] if problem else []
    problems += _missing(table, at)
    return Given(_complete(table, values), at), problems


def _judged(
    one: Assignment, table: Mapping[str, Parameter], values: dict[str, Value]
) -> Problem | None:
    """Put the value into *values*, or return what is wrong with it."""
    name, row = quoted(one.name), table.get(one.name)
    if row is None:
        hint = nearest(one.name, table, quoted)
        return wrong(one.line, f"unrecognized configuration parameter {name}", "", hint)
    if isinstance(row.kind, Text) and not one.quoted:
        return wrong(
            one.line, f"value of parameter {name} is not in single quotation marks"
        )
    if isinstance(row.kind, Text) and not (one.value or row.required or row.default):
        values.setdefault(one.name, "")  # as postgresql.conf has it: nothing is set
        return None
    try:
        values.setdefault(one.name, row.kind.value(one.value))
    except Wrong as ex:
        return _invalid(one, row.kind, str(ex))
    if row.later:
        return doubtful(one.line, f"parameter {name} has no effect in this release")
    return None


def _invalid(one: Assignment, kind: Kind, expected: str) -> Problem:
    name = quoted(one.name)
    if isinstance(kind, Text) and kind.secret:
        return wrong(one.line, f"invalid value for parameter {name}", expected)
    value = quoted(one.value[:200])
    return wrong(one.line, f"invalid value for parameter {name}: {value}", expected)


def _missing(
    table: Mapping[str, Parameter], at: Mapping[str, int]
) -> Iterator[Problem]:
    for row in table.values():
        if row.required and row.name not in at:
            yield wrong(0, f"required parameter {quoted(row.name)} is missing")


def _complete(
    table: Mapping[str, Parameter], values: Mapping[str, Value]
) -> dict[str, Value]:
    """Return a value for every parameter, that of another where it is like one."""
    own = {row.name: values.get(row.name, row.value) for row in table.values()}
    return {
        row.name: own[row.like]
        if row.like and row.name not in values
        else own[row.name]
        for row in table.values()
    }
