"""Secrets by the places that they are kept in: the text of a file, or an environment.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

_NAME = re.compile(
    r"pass|secret|token|credential|(?:private|access|api)_?key|_pwd$", re.IGNORECASE
)
_TELLING = 6  # characters; a shorter word of a command says nothing
_NO_SECRET = frozenset({"PGPASSFILE", "PGSSLKEY"})
_IN_CONNINFO = re.compile(
    r"""pass(?:word|phrase|wd)\s{0,8}=\s{0,8}
    (?:'((?:[^'\\]|\\.|''){1,1024})'|"((?:[^"\\]|\\.){1,1024})"|([^\s'"]{1,1024}))""",
    re.IGNORECASE | re.VERBOSE,
)
_IN_URI = re.compile(r"://[^\s:/@'\"]{0,256}:([^\s'\"]{1,1024})@")
_PARAMETER = re.compile(r"[?&]\w{0,32}password=([^&\s'\"]{1,1024})", re.IGNORECASE)


def in_passfile(text: str) -> set[str]:
    """Return the passwords of a .pgpass: what follows the fourth colon of each line."""
    found = set()
    for line in text.splitlines():
        fields = re.split(r"(?<!\\):", line, maxsplit=4)
        if len(fields) == 5 and not line.startswith("#"):
            found |= {fields[4], _unescaped(fields[4])}
    return found


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def in_text(text: str) -> set[str]:
    """Return what *text*, a configuration or a command, assigns to a password.

    A value stands in a connection string that is itself quoted: its quotes are doubled.
    """
    found: set[str] = set()
    for form in (text, text.replace("''", "'"), text.replace("\\'", "'")):
        for match in _IN_CONNINFO.finditer(form):
            value = next(group for group in match.groups() if group is not None)
            found |= {value, _unescaped(value), value.replace("''", "'")}
        for pattern in (_IN_URI, _PARAMETER):
            for match in pattern.finditer(form):
                found |= {match[1], unquote(match[1])}
    return found


def in_setting(name: str, value: str) -> set[str]:
    """Return what parameter *name* of PostgreSQL holds: *value*, or something in it."""
    found = in_text(value)
    if _NAME.search(name):
        found |= {value, *(word for word in value.split() if len(word) >= _TELLING)}
    return found


def in_environment(variables: Mapping[str, str]) -> set[str]:
    """Return what *variables* hold by their names, or by what is in them."""
    found = set()
    for name, value in variables.items():
        if _NAME.search(name) and name.upper() not in _NO_SECRET:
            found.add(value)
        found |= in_text(value)
    return found


def variables(data: str) -> dict[str, str]:
    """Return the variables of a process by what /proc/PID/environ holds."""
    pairs: Iterable[list[str]] = (one.split("=", 1) for one in data.split("\0"))
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
