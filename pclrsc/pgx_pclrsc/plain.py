"""The plain part of TOML, in which a definition is written, read without tomllib.  Pure.

tomllib, with what it loads, was a third of the time that pgx_online and pgx_offline took
to load.  What is not plain beyond doubt (an escape, a comment, a date, a mistake) is left
to it: it alone says what a text means and what is wrong with it, and tests/property holds
the two side by side.
"""

from __future__ import annotations

from collections.abc import Iterator

_DIGITS = frozenset("0123456789")
_KEY = _DIGITS | frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-")
_LONGEST_NUMBER = 18  # digits

Table = dict[str, object]


class NotPlain(Exception):
    """The text is for tomllib."""


def loads(text: str) -> Table:
    """Return what tomllib.loads returns for *text*.  Raises NotPlain where that is not sure."""
    document: Table = {}
    table = document
    lines = iter(text.split("\n"))
    for line in lines:
        key, assigned, value = line.partition(" = ")
        if assigned:
            _put(table, key, _array(lines) if value == "[" else _value(value))
        elif line:
            table = {}
            _put(document, _header(line), table)
    return document


def _header(line: str) -> str:
    if line[0] != "[" or line[-1] != "]":
        raise NotPlain
    return line[1:-1]


def _put(table: Table, key: str, value: object) -> None:
    if not key or not _KEY.issuperset(key) or key in table:
        raise NotPlain
    table[key] = value


def _array(lines: Iterator[str]) -> list[object]:
    """Return the elements on the lines up to the closing bracket, one on each."""
    found: list[object] = []
    for line in lines:
        if line == "]":
            return found
        if line[-1:] != ",":
            raise NotPlain
        found.append(_value(line[:-1].lstrip(" ")))
    raise NotPlain


def _value(text: str) -> object:
    if text == "[]":
        return []
    if text[:1] == '"':
        return _string(text)
    return _number(text)


def _string(text: str) -> str:
    inner = text[1:-1]
    if len(text) < 2 or text[-1] != '"' or not inner.isprintable():
        raise NotPlain
    if '"' in inner or "\\" in inner:
        raise NotPlain
    return inner


def _number(text: str) -> int:
    leading_zero = text[:1] == "0" and text != "0"
    if leading_zero or not 0 < len(text) <= _LONGEST_NUMBER:
        raise NotPlain
    if not _DIGITS.issuperset(text):
        raise NotPlain
    return int(text)
