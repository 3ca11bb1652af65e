"""A status for people, and as what JSON has.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pgx_pclrsc.status.core.view import Moment, View

NOT_KNOWN = "not known"
NONE = "no resource is registered on this node"
_COLUMNS = (
    "NAME",
    "STATE",
    "SINCE",
    "LATENCY",
    "FAILURES",
    "WARNINGS",
    "MONITOR",
    "WHY",
)


def text(view: View) -> str:
    """Return all of *view*: a line for each thing, those that are not known too."""
    lines = (f"{name and name + ':':<17}{value}" for name, value in _rows(view))
    return "\n".join(line.rstrip() for line in lines)


def _rows(view: View) -> Iterator[tuple[str, str]]:
    yield "resource", view.name
    yield "node", view.node
    yield "state", view.state
    if view.why:
        yield "why", _plain(view.why)
    yield "since", _moment(view.since)
    if view.working:
        yield "working", view.working
    yield "last answer", _answer(view)
    yield "failures", _or_not_known(view.failures)
    yield "warnings", _or_not_known(view.warned)
    for warning in view.warnings:
        yield "", _plain(warning)
    if (left := (view.warned or 0) - len(view.warnings)) > 0 and view.warned:
        yield "", f"and {left} more, in trace.log"
    yield "postmaster", str(view.postmaster or "none")
    yield "monitor", _monitor(view)
    yield "last transition", _transition(view)
    for note in view.notes:
        yield "note", _plain(note)


def _plain(words: str) -> str:
    """Return *words* on one line, with nothing that steers a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in words)


def _or_not_known(value: int | None) -> str:
    return NOT_KNOWN if value is None else str(value)


def _moment(at: Moment | None) -> str:
    return f"{at.text} ({seconds(at.ago)} ago)" if at else NOT_KNOWN


def seconds(number: float) -> str:
    """Return a duration, to the ms where it is short."""
    return f"{number:.3f} s" if number < 10 else f"{number:.0f} s"


def _answer(view: View) -> str:
    if view.answered is None:
        return NOT_KNOWN
    took = "" if view.latency is None else f", took {seconds(view.latency)}"
    return f"{_moment(view.answered)}{took}"


def _monitor(view: View) -> str:
    if view.monitor is None:
        return "none"
    version = NOT_KNOWN if view.version is None else _plain(view.version)
    return f"PID {view.monitor}, version {version}"


def _transition(view: View) -> str:
    done = view.transition
    if done is None:
        return NOT_KNOWN
    return f"pgx_{_plain(done.script)} ({_plain(done.mode)}), {_moment(done.at)}"


def table(views: Sequence[View]) -> str:
    """Return a line for each of *views*, below a line that says what is in it."""
    if not views:
        return NONE
    rows = [_COLUMNS, *map(_cells, views)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_COLUMNS))]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
    return "  ".join(cells).rstrip()


def _cells(view: View) -> tuple[str, ...]:
    return (
        view.name,
        view.state,
        view.since.text if view.since else "-",
        "-" if view.latency is None else seconds(view.latency),
        "-" if view.failures is None else str(view.failures),
        "-" if view.warned is None else str(view.warned),
        str(view.monitor or "-"),
        _plain(view.why),
    )


def plain(view: View) -> dict[str, Any]:
    """Return *view* as what JSON has; what is not known is null."""
    done = view.transition
    return {
        "name": view.name,
        "node": view.node,
        "state": view.state,
        "why": view.why,
        "working": view.working or None,
        **_plain_moment("since", view.since),
        **_plain_moment("last_answer", view.answered),
        "last_answer_latency_seconds": view.latency,
        "failures": view.failures,
        "warnings": None if view.warned is None else list(view.warnings),
        "warnings_count": view.warned,
        "postmaster": view.postmaster,
        "monitor": view.monitor,
        "monitor_version": view.version,
        "last_transition": done
        and {"script": f"pgx_{done.script}", "mode": done.mode}
        | _plain_moment("at", done.at),
        "notes": list(view.notes),
    }


def _plain_moment(name: str, at: Moment | None) -> dict[str, Any]:
    ago = round(at.ago, 3) if at else None
    return {name: at.text if at else None, f"{name}_seconds_ago": ago}
