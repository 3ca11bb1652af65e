r"""Leaving secrets out of a text: those that are known, then what looks like one.  Pure.

What looks like one goes to the end of its line: how a value is quoted in a setting, in a
connection string, in both, or in JSON around both, is then no question.  Every pattern is
bounded, so that a hostile text costs no more than its length.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import quote

LEFT_OUT = "(left out)"
_SHORTEST, _TELLING = 3, 6  # characters; below the second only as a word of its own
_KEY = (
    r"(?:pass(?:word|wd|phrase|code)|(?<![a-z])p(?:ass|wd?)(?=\s{0,4}[=:])|secret|token"
    r"|credential|authorization|cookie|signature"
    r"|(?:private|access|api|account|s3)[_-]?key)[\w.-]{0,40}"
)
# Of a command, as the server logs one that has failed: what a blank alone stands before.
_OPTION = re.compile(
    r"""(?<![^\s'"])(--?(?:pass|pwd|secret|token)[\w-]{0,20}(?=\s{1,4}[^\s-])
    |(?:sshpass|ipmitool)\b[^\n]{0,200}?\s-[pP]
    |(?:-u|--user|-U)(?=[\s'"]{1,4}[^\s:%'"]{1,64}[:%][^\s]))\s{0,4}\S[^\n]*""",
    re.VERBOSE,
)
# With = or : anything behind it; else only what is quoted, as in SQL: prose has the word too.
_ASSIGNED = re.compile(
    rf"""({_KEY})[\\'"]{{0,8}}\s{{0,16}}(?:[=:]|(?:[eE]|[uU]&)?[\\'"$])[^\n]*""",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\s'\"<>]+")
_VERIFIER = re.compile(r"SCRAM-SHA-\d{1,4}\$[^\s'\"]{1,512}|\bmd5[0-9a-fA-F]{32}\b")
_BEARER = re.compile(r"\b(bearer|basic)\s{1,4}[\w.~+/=-]{8,4096}", re.IGNORECASE)
_PEM = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"
    r"(?:(?!-----END)[\s\S]){0,65536}(?:-----END [A-Z ]{0,40}-----)?"
)
_PASSFILE_LINE = re.compile(
    r"(?<![^\s'\"])([^:\s'\"]{1,255}:(?:\d{2,5}|\*):[^:\s]{1,64}:[^:\s]{1,64}:)\S[^\n]*"
)
_QUOTED = re.compile(
    r"""[\\'"]{0,8}\s{0,16}[=:]?\s{0,16}(?:[eE]|[uU]&)?('{1,8}|"{1,8}|\${1,2})"""
)
_ENDS_IN_KEY = re.compile(rf"{_KEY}\s{{0,16}}[=:]?\s{{0,16}}$", re.IGNORECASE)
_LONGEST_VALUE = 20  # lines


def scrubbed(text: str, known: Iterable[str] = ()) -> str:
    """Return *text* without the secrets that are *known*, in any writing, and without others."""
    text = _PEM.sub(LEFT_OUT, text)
    for secret in sorted(set(_writings(known)), key=len, reverse=True):
        text = _without(text, secret)
    text = _PASSFILE_LINE.sub(rf"\1{LEFT_OUT}", text)
    text = _VERIFIER.sub(LEFT_OUT, text)
    text = _BEARER.sub(rf"\1 {LEFT_OUT}", text)
    text = _OPTION.sub(rf"\1 {LEFT_OUT}", text)
    return "\n".join(_lines(text.split("\n")))


def of_values(value: Any, known: Collection[str] = ()) -> Any:
    """Return *value*, as JSON has it, with each of its texts scrubbed by itself."""
    if isinstance(value, str):
        return scrubbed(value, known)
    if isinstance(value, list):
        return [of_values(one, known) for one in value]
    if isinstance(value, dict):
        return {key: of_values(one, known) for key, one in value.items()}
    return value


def _writings(known: Iterable[str]) -> Iterable[str]:
    for secret in known:
        if len(secret) < _SHORTEST:
            continue
        escaped = secret.replace("\\", "\\\\")
        yield from (
            secret,
            escaped.replace("'", "\\'"),
            secret.replace("'", "''"),
            escaped.replace("'", "\\'").replace("'", "''"),
            quote(secret, safe="", errors="surrogateescape"),
            quote(secret, errors="surrogateescape"),
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
        )


def _without(text: str, secret: str) -> str:
    if len(secret) >= _TELLING:
        return text.replace(secret, LEFT_OUT)
    if secret not in text:
        return text
    word = rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])"
    return re.sub(word, lambda _: LEFT_OUT, text)


def _lines(lines: Iterable[str]) -> Iterable[str]:
    """Cut each line where a secret is assigned, and what its quotes leave open.

    In SQL the value may stand on the next line, and may have several.
    """
    mark, more, expected = "", 0, False
    for line in lines:
        if "://" in line and "@" in line:
            line = _WORD.sub(_without_login, line)
        if mark and more:
            mark, more = "" if mark in line else mark, more - 1
            yield LEFT_OUT
            continue
        mark = ""
        found = _ASSIGNED.search(line)
        if expected and _QUOTED.match(line):
            mark, line = _left_open(line), LEFT_OUT
        elif found:
            mark = _left_open(found[0][len(found[1]) :])
            line = f"{line[: found.end(1)]}={LEFT_OUT}"
        more = _LONGEST_VALUE
        expected = found is None and _ENDS_IN_KEY.search(line[-100:]) is not None
        yield line


def _without_login(word: re.Match[str]) -> str:
    """Return a word without what stands before the last @ of a URI in it."""
    before, slashes, behind = word[0].partition("://")
    if "@" not in behind:
        return word[0]
    return f"{before}{slashes}{LEFT_OUT}@{behind.rpartition('@')[2]}"


def _left_open(text: str) -> str:
    """Return the quote that the value in *text* opens and does not close, "" for none.

    A doubled one, as in a string within a string, is closed on its line.
    """
    found = _QUOTED.match(text)
    if found is None or len(found[1]) > 1:
        return ""
    return "" if found[1] in text[found.end() :] else found[1]
