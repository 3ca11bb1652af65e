"""What is wrong with an application file, and how sure that is.

Pure.  An error comes from a manual of this product or from the file itself; what is
inferred, recollected or another product's is a warning that names its source.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, as a person is told it."""

    severity: Severity
    primary: str
    hint: str = ""
    detail: str = ""
    section: str = ""  # of the manual; empty where no manual says it
    source: str = ""  # who says so, where it is not the manual
    line: int = 0  # 1 is the first; 0: no place in the file
    column: int = 0


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Return those that keep anything from being typed into hvw."""
    return [problem for problem in problems if problem.severity == "error"]


def facts(problem: Problem) -> str:
    """Return the detail as full sentences, with what it rests on."""
    grounds = [
        f"Manual {problem.section}." if problem.section else "",
        f"Source: {problem.source}." if problem.source else "",
    ]
    return " ".join(part for part in (problem.detail, *grounds) if part)


def as_json(problem: Problem) -> dict[str, object]:
    """Return the problem as what `check --output=json` prints."""
    return {
        "severity": problem.severity,
        "message": problem.primary,
        "detail": problem.detail,
        "hint": problem.hint,
        "section": problem.section,
        "source": problem.source,
        "line": problem.line or None,
        "column": problem.column or None,
    }
