"""Lines of a server's log, whatever its form and language: which of them is the cause.

The words are the server's; they are quoted and never judged by.  Only how severe a line
is must be known.  That stands in a field of a CSV or JSON line; in plain text it is the
word before the first colon with two blanks behind it, after whatever log_line_prefix puts
there.  Its word is translated, so PostgreSQL's own catalogues say what it may be.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from pgx_base.light.dataclasses import dataclass

FATAL, PANIC = "FATAL", "PANIC"
_LONGEST = 1024  # bytes of a line that are quoted
_OLDER, _BEHIND = 3, 2  # lines that are quoted beside the cause
_MARK = ":  "
# What a client is told that comes too early or too late: FATAL, and never why a start failed.
_NOT_NOW = (
    "the database system is starting up",
    "the database system is not yet accepting connections",
    "the database system is not accepting connections",
    "the database system is in recovery mode",
    "the database system is shutting down",
)
_PLACES = (  # of catalogues: Debian, PGDG's packages, built from source
    "/usr/share/locale",
    "/usr/pgsql-*/share/locale",
    "/usr/local/pgsql/share/locale",
    "/usr/local/share/locale",
)
_CSV_SEVERITY, _CSV_FIRST, _CSV_PARTS = 11, 13, (14, 15)  # message, detail, hint


@dataclass(frozen=True, slots=True)
class Line:
    """One line: *kind* is FATAL, PANIC or empty, *text* what is quoted of it."""

    kind: str
    text: str


def severities(locale_directories: Iterable[str]) -> dict[str, str]:
    """Return FATAL or PANIC by each word that PostgreSQL has for it in some language.

    What clients are told while there is no server for them is among the keys, as nothing.
    """
    places = tuple(locale_directories)
    if places not in _read:
        _read[places] = _catalogues(places)
    return _read[places]


_read: dict[tuple[str, ...], dict[str, str]] = {}


def _catalogues(locale_directories: Iterable[str]) -> dict[str, str]:
    import gettext  # a start that has failed pays for it alone
    import glob

    meant = {FATAL: FATAL, PANIC: PANIC} | dict.fromkeys(_NOT_NOW, "")
    words = dict(meant)
    for directory in locale_directories:
        for path in glob.glob(f"{directory}/*/LC_MESSAGES/postgres-*.mo"):
            try:
                with open(path, "rb") as file:
                    catalogue = gettext.GNUTranslations(file)
            except (OSError, ValueError, UnicodeError):
                continue
            words |= {catalogue.gettext(text): kind for text, kind in meant.items()}
    return words


def parse(text: str, form: str, words: dict[str, str]) -> list[Line]:
    """Return the lines of *text*, a log in the *form* stderr, csvlog or jsonlog."""
    match form:
        case "csvlog":
            return _csv(text, words)
        case "jsonlog":
            return _json(text, words)
        case _:
            return [_plain(line, words) for line in text.splitlines() if line.strip()]


def _plain(line: str, words: dict[str, str]) -> Line:
    before, mark, behind = line.partition(_MARK)
    word = _severity(before, words) if mark else ""
    kind = words.get(behind.strip(), words.get(word, ""))
    return Line(kind, clean(f"{word}: {behind}" if kind else line))


def _severity(before: str, words: dict[str, str]) -> str:
    """Return the word for FATAL or PANIC that *before* ends with, no part of a longer word.

    log_line_prefix need not end with a blank: `%t:%r:%u@%d:[%p]:` is a common one.
    """
    fits = [
        word
        for word, kind in words.items()
        if kind and before.endswith(word) and not before[: -len(word)][-1:].isalnum()
    ]
    return max(fits, key=len, default="")


def _csv(text: str, words: dict[str, str]) -> list[Line]:
    import csv

    found = []
    try:
        for row in csv.reader(text.splitlines(keepends=True)):
            if len(row) > max(_CSV_PARTS):
                parts = (row[number] for number in _CSV_PARTS)
                found += _fields(row[_CSV_SEVERITY], row[_CSV_FIRST], parts, words)
    except csv.Error:
        pass  # a line was cut where we began to read
    return found


def _json(text: str, words: dict[str, str]) -> list[Line]:
    import json

    found = []
    for line in text.splitlines():
        try:
            row = json.loads(line)
            severity, message = row["error_severity"], row["message"]
        except (ValueError, TypeError, KeyError):
            continue
        parts = (str(row.get(name, "")) for name in ("detail", "hint"))
        found += _fields(str(severity), str(message), parts, words)
    return found


def _fields(
    severity: str, message: str, parts: Iterable[str], words: dict[str, str]
) -> list[Line]:
    kind = words.get(message, words.get(severity, ""))
    first = Line(kind, clean(f"{severity}: {message}"))
    return [first, *(Line("", clean(part)) for part in parts if part)]


def clean(text: str) -> str:
    """Return *text* on one line, cut at 1 KB, with control characters escaped."""
    text = " ".join(text.strip().split(" "))
    shown = "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii")
        for one in text
    )
    data = shown.encode("utf-8", "replace")
    return shown if len(data) <= _LONGEST else data[:_LONGEST].decode("utf-8", "ignore")


def telling(lines: list[Line]) -> list[str]:
    """Return what to quote: the cause, what belongs to it, then no more than three older.

    The cause is the last FATAL or PANIC; without one the last lines are all there is.
    """
    fatal = [number for number, line in enumerate(lines) if line.kind]
    if not fatal:
        return [line.text for line in lines[-_OLDER - 1 :]]
    at = fatal[-1]
    older = lines[max(0, at - _OLDER) : at]
    behind = lines[at + 1 : at + 1 + _BEHIND]
    return [line.text for line in (lines[at], *behind, *older)]


def last(lines: list[Line], kind: str) -> str:
    """Return the last line of *kind*, empty without one."""
    return next((line.text for line in reversed(lines) if line.kind == kind), "")


def locale_directories(bin_dir: str) -> list[str]:
    """Return where the catalogues of the server in *bin_dir* may be."""
    beside = (os.path.normpath(f"{bin_dir}/../share/locale"),) if bin_dir else ()
    return [*beside, *_PLACES]
