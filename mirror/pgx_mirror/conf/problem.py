"""What is wrong with the management directory, all of it at once.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pgx_base.failure import Failure

Severity = Literal["error", "warning"]
# A file that is something else entirely must not scroll the rest away.
MOST_OF_A_FILE = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: *path* and *line* say where, 0 is no line."""

    severity: Severity
    primary: str
    detail: str = ""
    hint: str = ""
    path: str = ""
    line: int = 0

    def at(self, path: str) -> Problem:
        """Return the same in the file *path*, unless it has a place already."""
        if self.path:
            return self
        return Problem(
            self.severity, self.primary, self.detail, self.hint, path, self.line
        )


class Unsound(Exception):
    """The management directory cannot be used: *problems* are its errors, all of them.

    *warnings* are what is doubtful besides.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = tuple(problems)
        self.problems = tuple(errors(found))
        self.warnings = warnings(found)
        super().__init__("; ".join(f.primary for f in failures(self.problems)))


def wrong(line: int, primary: str, detail: str = "", hint: str = "") -> Problem:
    """Return an error in line *line* of a file that the caller will name."""
    return Problem("error", primary, detail, hint, line=line)


def doubtful(line: int, primary: str, detail: str = "", hint: str = "") -> Problem:
    """Return a warning about line *line* of a file that the caller will name."""
    return Problem("warning", primary, detail, hint, line=line)


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Return those with which nothing is started."""
    return [problem for problem in problems if problem.severity == "error"]


def warnings(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return those that are told and do no harm."""
    return tuple(problem for problem in problems if problem.severity == "warning")


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return *problems* file by file in the order of its lines; the files keep theirs."""
    found = list(problems)
    files = list(dict.fromkeys(problem.path for problem in found))
    return sorted(found, key=lambda p: (files.index(p.path), p.line))


def as_failure(problem: Problem) -> Failure:
    """Return *problem* as people are shown it: `FILE:LINE: what is wrong`."""
    place = ":".join(str(part) for part in (problem.path, problem.line) if part)
    primary = f"{place}: {problem.primary}" if place else problem.primary
    return Failure(primary, detail=problem.detail or None, hint=problem.hint or None)


def failures(problems: Iterable[Problem]) -> list[Failure]:
    """Return what people are shown of *problems*, at most 20 of each file."""
    of_file: Counter[str] = Counter()
    shown: list[Failure] = []
    for problem in problems:
        of_file[problem.path] += 1
        if of_file[problem.path] <= MOST_OF_A_FILE:
            shown.append(as_failure(problem))
    return shown + [
        Failure(f"{path}: there are {count - MOST_OF_A_FILE} more problems")
        for path, count in of_file.items()
        if count > MOST_OF_A_FILE
    ]
