"""The lines of a configuration file as PostgreSQL reads them, byte by byte (pure).

A line is a name, perhaps `=`, and one value; then perhaps a comment.  A value stands in
single quotes unless it is a plain word or a number; in quotes a quote is `''` or `\\'`, and
`\\n` and the like are as in C.  Of a parameter that is set twice the last one counts.
Of a line that is none of that PostgreSQL makes an error, and reads no file at all.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLANK = re.compile(rb"[ \t\r]*(?:#[^\n]*)?")
_LETTER = rb"[A-Za-z_\x80-\xff]"
_MORE = rb"[A-Za-z_0-9\x80-\xff]"
# In PostgreSQL's order: the longest wins, the first of those that are as long.
_RULES: tuple[tuple[str, re.Pattern[bytes]], ...] = tuple(
    (name, re.compile(text, re.DOTALL))
    for name, text in (
        ("word", _LETTER + _MORE + rb"*"),
        ("qualified", _LETTER + _MORE + rb"*\." + _LETTER + _MORE + rb"*"),
        ("string", rb"'(?:[^'\\\n]|\\[^\n]|'')*'"),
        ("unquoted", _LETTER + rb"(?:" + _MORE + rb"|[-._:/])*"),
        ("integer", rb"[-+]?(?:0x[0-9a-fA-F]+|[0-9]+)[a-zA-Z]*"),
        ("real", rb"[-+]?[0-9]*\.[0-9]*(?:[Ee][-+]?[0-9]+)?"),
        ("equals", rb"="),
    )
)
_NAMES = ("word", "qualified")
_VALUES = ("word", "string", "unquoted", "integer", "real")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)|''", re.DOTALL)
_CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: *text* with its end, and what PostgreSQL makes of it.

    name    of the parameter, as PostgreSQL compares it; empty without one
    value   unquoted, and where it stands in *text*
    wrong   whether it is a syntax error
    """

    number: int
    text: bytes
    name: bytes = b""
    value: bytes = b""
    span: tuple[int, int] = (0, 0)
    wrong: bool = False


@functools.lru_cache(maxsize=2)
def lines(content: bytes) -> tuple[Line, ...]:
    """Return the lines of *content*; their texts joined are *content* again.

    Remembered: what is written while nobody can commit is read again three times.
    """
    texts = content.split(b"\n")
    ended = [text + b"\n" for text in texts[:-1]] + ([texts[-1]] if texts[-1] else [])
    return tuple(read_line(text, number) for number, text in enumerate(ended, 1))


def read_line(text: bytes, number: int = 0) -> Line:
    """Return what *text*, one line, is."""
    body = text.removesuffix(b"\n")
    if _BLANK.fullmatch(body):
        return Line(number, text)
    words = list(_words(body))
    kinds = [kind for kind, _, _ in words]
    if len(kinds) > 1 and kinds[1] == "equals":
        del words[1], kinds[1]
    if len(kinds) != 2 or kinds[0] not in _NAMES or kinds[1] not in _VALUES:
        return Line(number, text, wrong=True)
    (_, start, end), (kind, *span) = words
    found = body[span[0] : span[1]]
    value = unquoted(found) if kind == "string" else found
    if b"\0" in value:  # where PostgreSQL's value ends
        return Line(number, text, wrong=True)
    return Line(number, text, body[start:end].lower(), value, (span[0], span[1]))


def _words(body: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield the kind of each word, and where it begins and ends."""
    at = 0
    while True:
        at += len(re.match(rb"[ \t\r]*", body[at:])[0])  # type: ignore[index]
        if at == len(body) or body[at : at + 1] == b"#":
            return
        kind, end = _longest(body, at)
        yield kind, at, end
        at = end


def _longest(body: bytes, at: int) -> tuple[str, int]:
    best = ("junk", at + 1)
    length = 0
    for kind, rule in _RULES:
        match = rule.match(body, at)
        if match and match.end() - at > length:
            best, length = (kind, match.end()), match.end() - at
    return best


def unquoted(string: bytes) -> bytes:
    """Return what *string*, in single quotes, stands for."""
    return _ESCAPE.sub(_plain, string[1:-1])


def _plain(match: re.Match[bytes]) -> bytes:
    escaped = match[1]
    if escaped is None:
        return b"'"
    if escaped[0] in b"01234567":
        return bytes([int(escaped, 8) & 0xFF])
    return _CONTROLS.get(escaped, escaped)


def quoted(value: bytes) -> bytes:
    """Return *value* in single quotes, as PostgreSQL itself writes it."""
    text = value.replace(b"\\", b"\\\\").replace(b"'", b"''").replace(b"\n", b"\\n")
    return b"'" + text + b"'"


def with_value(line: Line, value: bytes) -> bytes:
    """Return the text of *line* with *value* in the place of its own."""
    start, end = line.span
    return line.text[:start] + quoted(value) + line.text[end:]
