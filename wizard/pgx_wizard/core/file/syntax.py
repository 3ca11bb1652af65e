"""Where TOML itself is wrong: the parser says what it expected, this says what was meant.

Pure.  The advice rests on the one line that is named, and is left out where it is not sure.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from pgx_wizard.core.application import TABLE
from pgx_wizard.core.file.problem import Problem
from pgx_wizard.core.parts.setting import Table

_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_HEADER = re.compile(r"\s*\[+\s*([\w.-]+)\s*\]+")
_PAIR = re.compile(r"\s*([\w.-]+)\s*=\s*(.*?)\s*(?:#.*)?$")
_ELEMENT = re.compile(r"\s*([A-Za-z][\w./-]*)\s*,?\s*(?:#.*)?$")  # a line of a list
_LIST = re.compile(r"\[\s*([\w./-]+(?:\s*,\s*[\w./-]+)*)\s*\]$")  # nothing quoted in it
_UNIT = re.compile(r"(\d+)\s*(?:s|sec|seconds|min|minutes|h|hours)$")
_IN_A_LIST = "Strings are quoted, in a list each of them:"
_LONGEST = 60  # characters of a value that are shown


def problem(text: str, ex: tomllib.TOMLDecodeError) -> Problem:
    """Return what is wrong with *text*, which is no TOML, at its place."""
    message = str(ex)
    if match := _PLACE.search(message):
        line, column = int(match[1]), int(match[2])
    else:  # "(at end of document)"
        line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
    what = re.sub(r" \(at [^)]*\)$", "", message)
    detail, hint = _meant(what, text.split("\n")[line - 1])
    return Problem(
        "error",
        "file is not valid TOML",
        hint,
        detail or f"{what}.",
        line=line,
        column=column,
    )


def double_brackets(path: str) -> str:
    """Return the advice for a table of a list: each has a header of its own."""
    return f"Write [[{path}]], in two brackets, before each of them."


def _meant(what: str, line: str) -> tuple[str, str]:
    """Return detail and hint; "" for a detail that the parser's words are good enough for."""
    header, pair = _HEADER.match(line), _PAIR.match(line)
    if header and ("twice" in what or "overwrite" in what):
        return _again(header[1])
    if pair and "overwrite" in what:
        return f'Key "{pair[1]}" stands twice in its table.', ""
    if pair and ("Invalid value" in what or "Expected newline" in what):
        return "", _about_value(pair[1], pair[2])
    if "Invalid value" in what and (element := _ELEMENT.match(line)):
        return "", f'{_IN_A_LIST} "{element[1]}".'
    if "Illegal character" in what and line.count('"') % 2:
        return "", "The closing quote of a string is missing."
    return "", ""


def _again(path: str) -> tuple[str, str]:
    if path in set(_lists(TABLE)):
        return f"There are several {path}.", double_brackets(path)
    return f"Table [{path}] stands twice.", "Put all of its keys under one header."


def _lists(table: Table, above: str = "") -> Iterator[str]:
    """Yield the path of each list of tables."""
    for name, key in table.items():
        if key.tables is not None:
            yield above + name
        if key.table is not None:
            yield from _lists(key.table, f"{above}{name}.")


def _about_value(key: str, value: str) -> str:
    if not value:
        return "A value must stand behind the sign."
    if value.lower() in ("true", "false"):
        return f"It is written in lower case: {key} = {value.lower()}."
    if len(value) > _LONGEST or not value.isprintable():
        return ""
    if number := _UNIT.match(value):
        return f"A number has no unit: {key} = {number[1]}."
    if plain := _LIST.match(value):
        words = ", ".join(f'"{word.strip()}"' for word in plain[1].split(","))
        return f"{_IN_A_LIST} [{words}]."
    plain_value = value.strip("“”„‘’»«\"'")
    if value[0] in "\"'[{" or not plain_value or set(plain_value) & set("\"'\\"):
        return ""
    return f'Strings are quoted: {key} = "{plain_value}".'
