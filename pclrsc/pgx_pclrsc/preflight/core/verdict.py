"""What a check says: a row of the table judges facts, and each line has a level.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pgx_pclrsc.preflight.core.facts import Facts
from pgx_pclrsc.preflight.core.unknown import Unknown

OK, WARNING, ERROR = "ok", "warning", "error"
LEVELS = (OK, WARNING, ERROR)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line: *level*, the reason in a clause, and what to do about it."""

    level: str
    reason: str
    hint: str = ""


def warning(reason: str, hint: str) -> Verdict:
    """Return what may become a fault, or could not be seen."""
    return Verdict(WARNING, reason, hint)


def error(reason: str, hint: str) -> Verdict:
    """Return what keeps the resource from working as the manual says."""
    return Verdict(ERROR, reason, hint)


def fine(reason: str) -> Verdict:
    """Return what is worth telling and is as it should be."""
    return Verdict(OK, reason)


@dataclass(frozen=True, slots=True)
class Row:
    """One check: *judge* is given the facts that it *needs*, and yields what is wrong.

    Where one of these is Unknown the row says that, and judges nothing.  *fine* is said
    where nothing is wrong.  *section* is the manual's, or `ours`.
    """

    id: str
    section: str
    needs: tuple[str, ...]
    judge: Callable[..., Iterable[Verdict]]
    fine: str


@dataclass(frozen=True, slots=True)
class Line:
    """What is said of one check."""

    id: str
    section: str
    verdict: Verdict


_SEE = "Run the command on the node where the instance is, or with --peer its output there."
_HANGS = "See what is wrong with what is named here, and run the command again."


def unseen(what: Unknown, name: str) -> Verdict:
    """Return what is said of a fact that was not seen."""
    reason = f"not seen: {what.why}"
    if what.expected:
        return Verdict(OK, reason, _SEE)
    return error(reason, _HANGS) if name in _VITAL else warning(reason, _HANGS)


# Where one of these hangs no Online comes to an end.
_VITAL = frozenset({"data", "work"})


def lines(row: Row, facts: Facts) -> list[Line]:
    """Return what *row* says of *facts*: at least one line."""
    values = [getattr(facts, name) for name in row.needs]
    for name, value in zip(row.needs, values, strict=True):
        if isinstance(value, Unknown):
            level = name if row.needs[-1] == name else ""
            return [Line(row.id, row.section, unseen(value, level))]
    said = list(row.judge(*values)) or [fine(row.fine)]
    return [Line(row.id, row.section, one) for one in said]
