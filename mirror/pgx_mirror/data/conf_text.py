"""synchronous_standby_names in the text of postgresql.conf: out, barred, or set (pure).

    set       synchronous_standby_names = 'standby1'    # whatever stands here
    out       #synchronous_standby_names = 'standby1'    # whatever stands here
    barrier   synchronous_standby_names = 'pgx_mirror_barrier'
              #synchronous_standby_names = 'standby1'    # whatever stands here

So the value is kept, and what was out and is set again is the same to the byte.  Every
other line stays as it is; so do syntax errors, which are told.

Which line is the real one: the last one that is active, else the one with our comment
behind it, else the only name that is commented out.  Our comment is put there just where
another line with a name is commented out.  initdb's own line has no name.
Of several active lines, the last of which counts, the others are commented out for good.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pgx_mirror.core import standby_name
from pgx_mirror.core.report import NAMES_BARRIER, NAMES_OUT, NAMES_SET
from pgx_mirror.core.standby_name import BARRIER, NotOneName
from pgx_postgres import conf_lines
from pgx_postgres.conf_lines import Line

PARAMETER = b"synchronous_standby_names"
OURS = b"  # pgx_mirror: the name of the pair's standby"
_COMMENTED = re.compile(rb"([ \t]*)#([ \t]*" + PARAMETER + rb")", re.IGNORECASE)
_BARRIER = BARRIER.encode("ascii")
_BARRIER_LINE = PARAMETER + b" = '" + _BARRIER + b"'"


class NoName(Exception):
    """There is no name to be set, or it cannot be told which; the text says so."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the text says: *state*, and *name*, set or kept; *why* there is none.

    value  what PostgreSQL reads, whether or not it is a name
    line   where that, or what is kept, stands
    wrong  numbers of the lines that are syntax errors
    """

    state: str
    name: str = ""
    why: str = ""
    value: bytes = b""
    line: int = 0
    wrong: tuple[int, ...] = ()


def read(content: bytes) -> Names:
    """Return what *content* of postgresql.conf says."""
    lines = conf_lines.lines(content)
    active = [line for line in lines if line.name == PARAMETER]
    value = active[-1].value if active else b""
    state = NAMES_BARRIER if value == _BARRIER else NAMES_SET if value else NAMES_OUT
    real, name, why = _real(lines)
    at = real.number if real is not None else 0
    wrong = tuple(line.number for line in lines if line.wrong)
    return Names(state, name, why, value, at, wrong)


def edit(content: bytes, state: str, name: str = "") -> bytes:
    """Return *content* with the names in *state*; *name* takes the place of the one there.

    Raises NoName for a state that needs one, where there is none.
    """
    lines = conf_lines.lines(content)
    real, kept, why = _real(lines)
    if reason := name and standby_name.fault(name):
        raise NoName(f"{name} cannot be a standby's name: {reason}")
    if not (name or kept) and state != NAMES_OUT:
        raise NoName(why)
    if real is None and name:
        content, real = _with_line_added(content, name)
        lines = conf_lines.lines(content)
    return b"".join(_text(line, real, state, name, lines) for line in lines)


def _name(line: Line) -> str:
    return standby_name.one_name(line.value.decode("utf-8", "surrogateescape"))


def commented(line: Line) -> Line | None:
    """Return the line of our parameter that *line* would be without its comment sign."""
    match = _COMMENTED.match(line.text)
    if match is None:
        return None
    text = line.text.replace(b"#", b"", 1)
    found = conf_lines.read_line(text, line.number)
    return found if found.name == PARAMETER else None


def _names_somebody(line: Line | None) -> bool:
    """Whether it is a name that is kept, not an example or initdb's own line."""
    if line is None or line.value == _BARRIER:
        return False
    try:
        return _name(line) != ""
    except NotOneName:
        return False


def _kept(lines: Sequence[Line]) -> list[Line]:
    found = [commented(line) for line in lines]
    return [line for line in found if line is not None and _names_somebody(line)]


def _is_marked(line: Line) -> bool:
    return line.text.rstrip(b"\r\n").endswith(OURS)


def _real(lines: Sequence[Line]) -> tuple[Line | None, str, str]:
    """Return the line that is the pair's, active or not, and its name, else why it has none."""
    active = [
        x for x in lines if x.name == PARAMETER and x.value not in (b"", _BARRIER)
    ]
    if active:
        try:
            return active[-1], _name(active[-1]), ""
        except NotOneName as ex:
            return active[-1], "", f"{ex} (line {active[-1].number})"
    kept = _kept(lines)
    marked = [line for line in kept if _is_marked(line)] or kept
    if not marked:
        return None, "", "no line has a name in it, active or commented out"
    if len({_name(line).lower() for line in marked}) > 1:
        numbers = ", ".join(str(line.number) for line in marked)
        why = f"lines {numbers} are commented out, each with another name"
        return None, "", why
    return marked[-1], _name(marked[-1]), ""


def _with_line_added(content: bytes, name: str) -> tuple[bytes, Line]:
    """Put a line with *name* at the end, where it counts over all lines before it."""
    end = b"\r\n" if content.endswith(b"\r\n") else b"\n"
    if content and not content.endswith(b"\n"):
        content += end
    value = standby_name.value_of(name).encode("utf-8", "surrogateescape")
    text = PARAMETER + b" = " + conf_lines.quoted(value) + end
    return content + text, conf_lines.read_line(text, content.count(b"\n") + 1)


def _text(
    line: Line, real: Line | None, state: str, name: str, lines: Sequence[Line]
) -> bytes:
    """Return what becomes of *line*."""
    if real is not None and line.number == real.number:
        if state == NAMES_OUT and line.name != PARAMETER and not name:
            return line.text  # it is out
        return _text_of_real(real, state, name, lines)
    if line.name != PARAMETER:
        return line.text
    if line.value == _BARRIER and line.text.strip(b"\r\n") == _BARRIER_LINE:
        return b""
    if not line.value and state == NAMES_OUT:
        return line.text
    return b"#" + line.text


def _text_of_real(real: Line, state: str, name: str, lines: Sequence[Line]) -> bytes:
    text = _without_mark(real.text)
    if name:
        value = standby_name.value_of(name).encode("utf-8", "surrogateescape")
        text = conf_lines.with_value(conf_lines.read_line(text), value)
    if state == NAMES_SET:
        return text
    if any(x.number != real.number for x in _kept(_all_commented(lines))):
        text = _with_mark(text)
    if state == NAMES_OUT:
        return b"#" + text
    return _BARRIER_LINE + (_end(text) or b"\n") + b"#" + text


def _all_commented(lines: Sequence[Line]) -> list[Line]:
    """Return *lines* with every active one commented out, as it is going to be."""
    return [
        conf_lines.read_line(b"#" + line.text, line.number)
        if line.name == PARAMETER
        else line
        for line in lines
    ]


def _end(text: bytes) -> bytes:
    return text[len(text.rstrip(b"\r\n")) :]


def _with_mark(text: bytes) -> bytes:
    end = _end(text)
    return text.removesuffix(end) + OURS + end


def _without_mark(text: bytes) -> bytes:
    end = _end(text)
    return text.removesuffix(end).removesuffix(OURS) + end
