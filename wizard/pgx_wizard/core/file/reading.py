"""From the text of an application file to the model, with every problem at its place.

Pure.  Nothing is raised: an unsound file gives no application and all its problems.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from pgx_wizard.core.application import TABLE, Application, build
from pgx_wizard.core.file import syntax
from pgx_wizard.core.file.positions import Path, Place, places
from pgx_wizard.core.file.problem import Problem
from pgx_wizard.core.parts import kinds
from pgx_wizard.core.parts.basics import ELSEWHERE
from pgx_wizard.core.parts.setting import Setting, Table

_LARGEST = 1 << 20  # characters; a thousand file systems take a fifth of it


def read(text: str) -> tuple[Application | None, list[Problem]]:
    """Return the application that *text* declares, None where it declares none."""
    if len(text) > _LARGEST:
        return None, [Problem("error", f"file is larger than {_LARGEST} characters")]
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as ex:
        return None, [syntax.problem(text, ex)]
    except (RecursionError, ValueError) as ex:
        return None, [Problem("error", "file is not valid TOML", detail=_sentence(ex))]
    return _Reader(text).application(document)


def _sentence(ex: Exception) -> str:
    text = str(ex).rstrip(".")
    return text[:1].upper() + text[1:] + "."


class _Reader:
    """Collects what is wrong while it reads; asks for places only where one is needed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[Problem] = []
        self.known_places: dict[Path, Place] | None = None

    def place(self, path: Path) -> Place:
        """Return the place of *path*, or of the nearest table round it."""
        if self.known_places is None:
            try:
                self.known_places = places(self.text)
            except RecursionError:
                self.known_places = {}
        while path and path not in self.known_places:
            path = path[:-1]
        return self.known_places.get(path, (0, 0))

    def wrong(self, path: Path, primary: str, detail: str = "", hint: str = "") -> None:
        line, column = self.place(path)
        self.problems.append(
            Problem("error", primary, hint, detail, line=line, column=column)
        )

    def application(
        self, document: Mapping[str, Any]
    ) -> tuple[Application | None, list[Problem]]:
        values = self.table(document, (), TABLE)
        if self.problems:
            return None, sorted(self.problems, key=lambda p: (p.line, p.column))
        return build(values), []

    def table(
        self, given: Mapping[str, Any], path: Path, table: Table
    ) -> dict[str, Any]:
        """Return the values of *given* that are right, by key."""
        for key in given:
            if key not in table:
                self.unknown((*path, key), table)
        for key, rule in table.items():
            if rule.required and key not in given:
                self.missing(path, key, rule.hint)
        return {
            key: self.entry(given[key], (*path, key), rule)
            for key, rule in table.items()
            if key in given
        }

    def missing(self, path: Path, key: str, hint: str) -> None:
        self.wrong(path, f'{_within(path)}missing key "{key}"', hint=hint)

    def unknown(self, path: Path, table: Table) -> None:
        key = str(path[-1])
        nearest = _nearest(key, list(table))
        hint = f'Did you mean "{nearest}"?' if nearest else ""
        known = "" if nearest else f"Known here: {', '.join(table)}."
        primary = f"{_within(path[:-1])}unrecognized key {_shown(key)}"
        self.wrong(path, primary, known, hint or ELSEWHERE.get(key, ""))

    def entry(self, value: object, path: Path, rule: Setting) -> object:
        """Return *value* as *rule* has it: a value, a table, or a list of tables."""
        if rule.tables is not None:
            return self.tables(value, path, rule.tables)
        if (table := rule.table_for(value)) is not None:
            return self.subtable(value, path, table)
        try:
            return rule.kind(value)
        except kinds.Wrong as ex:
            name = f"{_within(path[:-1])}invalid value for {_shown(str(path[-1]))}"
            self.wrong(path, name, str(ex))
            return None

    def subtable(self, value: object, path: Path, table: Table) -> object:
        if isinstance(value, Mapping):
            return self.table(value, path, table)
        self.wrong(path, f"{_shown(str(path[-1]))} must be a table")
        return None

    def tables(self, value: object, path: Path, table: Table) -> object:
        if not isinstance(value, list) or not all(
            isinstance(v, Mapping) for v in value
        ):
            one = isinstance(value, Mapping)
            hint = syntax.double_brackets(".".join(map(str, path))) if one else ""
            self.wrong(
                path, f"{_shown(str(path[-1]))} must be a list of tables", hint=hint
            )
            return None
        if not value:
            self.wrong(path, f"{_shown(str(path[-1]))} must have at least one table")
        read = [self.table(item, (*path, n), table) for n, item in enumerate(value)]
        self.unique(read, path, table)
        return read

    def unique(self, read: list[dict[str, Any]], path: Path, table: Table) -> None:
        for key in (key for key, rule in table.items() if rule.unique):
            seen: set[object] = set()
            for number, item in enumerate(read):
                value = item.get(key)
                if value is not None and value in seen:
                    place = (*path, number, key)
                    self.wrong(place, f'{key} "{value}" given more than once')
                seen.add(value)


def _shown(key: str) -> str:
    return '"' + key.encode("unicode_escape").decode()[:80] + '"'


def _within(path: Path) -> str:
    table = ".".join(str(part) for part in path if isinstance(part, str))
    return f"[{_shown(table)[1:-1]}]: " if table else ""


def _nearest(key: str, known: list[str]) -> str:
    import difflib  # only where something is wrong

    lowered = {name.lower(): name for name in known}
    found = difflib.get_close_matches(key.lower(), lowered, 1, 0.6)
    return lowered[found[0]] if found else ""
