"""The table of checks, in the order in which an administrator sets a node up.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pgx_pclrsc.preflight.core import plain
from pgx_pclrsc.preflight.core.facts import Facts
from pgx_pclrsc.preflight.core.rows import (
    configuration,
    disks,
    node,
    peer,
    watching,
)
from pgx_pclrsc.preflight.core.told import FORMAT
from pgx_pclrsc.preflight.core.verdict import ERROR, Line, Row, lines

ROWS: tuple[Row, ...] = (
    *node.ROWS,
    *disks.ROWS,
    *configuration.ROWS,
    *watching.ROWS,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What is said of *facts*, line by line."""

    facts: Facts
    lines: tuple[Line, ...]

    @property
    def is_sound(self) -> bool:
        """Whether there is no error."""
        return all(line.verdict.level != ERROR for line in self.lines)


def judge(facts: Facts, theirs: Facts | None = None) -> Report:
    """Return what every row says of *facts*, and of *theirs*, the other node's, beside them."""
    found = [line for row in ROWS for line in lines(row, facts)]
    beside = peer.all_lines(facts, theirs) if theirs is not None else []
    return Report(facts, (*found, *beside))


def as_json(report: Report) -> dict[str, Any]:
    """Return *report* for JSON, with the facts that the other node compares."""
    return {
        "format": FORMAT,
        "resource": report.facts.registered.name,
        "sound": report.is_sound,
        "checks": [_object(line) for line in report.lines],
        "facts": plain.encode(report.facts),
    }


def _object(line: Line) -> dict[str, str]:
    verdict = line.verdict
    return {
        "check": line.id,
        "section": line.section,
        "level": verdict.level,
        "reason": verdict.reason,
        "hint": verdict.hint,
    }


def as_text(report: Report) -> str:
    """Return *report* for people: a line a finding, its hint below it."""
    shown = []
    for line in report.lines:
        verdict = line.verdict
        shown.append(
            f"{verdict.level:<8}{line.section:<8}{line.id}: {_one_line(verdict.reason)}"
        )
        if verdict.hint:
            shown.append(f"{'':16}hint: {_one_line(verdict.hint)}")
    counts = [line.verdict.level for line in report.lines]
    errors, warnings = counts.count("error"), counts.count("warning")
    return "\n".join([*shown, f"{errors} errors, {warnings} warnings"])


def _one_line(text: str) -> str:
    """Return *text* without what would be a second line, or steer a terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
