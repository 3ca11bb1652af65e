"""Which of two servers that do not run was the primary last, and which has the newest log.

Manual 8.4, steps 2 and 4.  Each server tells what it has, in a form that this reads again on
the other one; both are compared.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from pgx_mirror.core import wal
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR, SYNC

FORM = "pgx_mirror evidence 1"
_HOLDERS = (PAIR, ALONE)
_LOG = "see which server's system log has MCA00062 last"


class Odd(ValueError):
    """A text that is no evidence, with the reason."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one server has; what is not there, or cannot be read, is empty or 0.

    mark, epoch      what its own good mark says
    system           PostgreSQL's system identifier
    timeline, end    where pg_wal of its data directory ends
    why              why that cannot be told
    backup           its newest backup, of `backup_timeline` and `backup_start`
    backup_started   when it was begun
    archived         its newest archived file of the log, of `archived_at`
    """

    server: str
    mark: str = ""
    epoch: int = 0
    system: str = ""
    timeline: int = 0
    end: str = ""
    why: str = ""
    backup: str = ""
    backup_timeline: int = 0
    backup_start: str = ""
    backup_started: str = ""
    archived: str = ""
    archived_at: str = ""

    @property
    def shown_mark(self) -> str:
        """What people are told of the mark."""
        return f"{self.mark}, epoch {self.epoch}" if self.mark else "no good mark"


def text(found: Evidence) -> str:
    """Return the form that `read` takes: a line for each field."""
    lines = [f"{one.name} = {getattr(found, one.name)}" for one in fields(Evidence)]
    return "\n".join([FORM, *(" ".join(line.split()) for line in lines)])


def read(given: str) -> Evidence:
    """Return the evidence that *given* is.  Raises Odd."""
    first, *lines = given.strip().splitlines() or [""]
    if first.strip() != FORM:
        raise Odd(f'it does not begin with "{FORM}"')
    found = {
        name.strip(): value.strip()
        for name, _, value in (line.partition("=") for line in lines)
    }
    if set(found) != {one.name for one in fields(Evidence)} or not found["server"]:
        raise Odd("its lines are not those of this version")
    try:
        for name in ("end", "backup_start"):
            _position(found[name])
        values = {
            one.name: int(found[one.name]) if one.type == "int" else found[one.name]
            for one in fields(Evidence)
        }
    except ValueError as ex:
        raise Odd("a number is expected") from ex
    return Evidence(**values)  # type: ignore[arg-type]  # each was looked at


@dataclass(frozen=True, slots=True)
class Verdict:
    """A *server*, empty where it cannot be told, and *why*."""

    server: str
    why: str


def last_primary(one: Evidence, other: Evidence) -> Verdict:
    """Return which was the primary last: by what the marks have promised, else by the log."""
    a, b = sorted((one, other), key=lambda each: (bool(each.mark), each.epoch))
    if not b.mark:
        return _by_log(a, b)
    if a.mark == b.mark == GIVEN:
        return Verdict("", f"both gave way to the other: {_LOG}")
    for gave, held in ((a, b), (b, a)):
        if gave.mark == GIVEN:
            return Verdict(held.server, _gave(gave, held))
    if not a.mark:
        return _alone_marked(b, a)
    holders = [each for each in (a, b) if each.mark in _HOLDERS]
    if len(holders) == 2:
        return _both_held(a, b)
    if not holders:
        return Verdict("", f"both were standbys: {_LOG}")
    (held,), (stood,) = holders, [e for e in (a, b) if e not in holders]
    return Verdict(held.server, _held(held, stood))


def _gave(gave: Evidence, held: Evidence) -> str:
    return (
        f"{gave.server} gave way to it: {gave.shown_mark}; its own: {held.shown_mark}"
    )


def _alone_marked(marked: Evidence, other: Evidence) -> Verdict:
    if marked.mark in _HOLDERS:
        return Verdict(
            marked.server,
            f"it was the primary by its mark: {marked.shown_mark}; {other.server} has none",
        )
    why = f"{marked.server} was its standby: {marked.shown_mark}"
    if marked.mark == SYNC:
        why += ", in sync, with every row that was acknowledged unless it went on alone"
    return Verdict(other.server, why)


def _both_held(lower: Evidence, higher: Evidence) -> Verdict:
    if lower.epoch == higher.epoch:
        return Verdict("", f"both were primary in epoch {lower.epoch}: {_LOG}")
    return Verdict(
        higher.server,
        f"its mark is the later one: {higher.shown_mark}; that of {lower.server}: "
        f"{lower.shown_mark}",
    )


def _held(held: Evidence, stood: Evidence) -> str:
    why = (
        f"it was the primary by its mark: {held.shown_mark}; {stood.server} its standby: "
        f"{stood.shown_mark}"
    )
    if stood.mark == SYNC and stood.epoch > held.epoch:
        return f"{why}, of a later epoch: the data directory here is an older one"
    if stood.mark == SYNC and held.mark == PAIR:
        return f"{why}, in sync: {stood.server} has every row that was acknowledged"
    return why


def _by_log(one: Evidence, other: Evidence) -> Verdict:
    """Decide without marks: a promotion begins a timeline."""
    a, b = sorted((one, other), key=_log_end)
    if _log_end(a) == _log_end(b):
        return Verdict("", f"neither has a good mark, and neither more log: {_LOG}")
    return Verdict(
        b.server,
        f"by its write-ahead log alone, to {b.end} on timeline {b.timeline}; neither has a "
        f"good mark: {_LOG}",
    )


def _position(given: str) -> int:
    return wal.number(given) if given else 0


def _log_end(found: Evidence) -> tuple[int, int]:
    return found.timeline, _position(found.end)


def _backup(found: Evidence) -> tuple[int, int, str]:
    return found.backup_timeline, _position(found.backup_start), found.backup


def newest(one: Evidence, other: Evidence) -> Iterator[tuple[str, str]]:
    """Yield what is compared, and which server has the newest of it, both perhaps."""
    yield (
        "newest backup",
        _who(one, other, _backup(one), _backup(other), bool(one.backup)),
    )
    names = one.archived, other.archived
    yield "newest archived log", _who(one, other, *names, bool(names[0]))
    ends = _log_end(one), _log_end(other)
    yield "newest log in pg_wal", _who(one, other, *ends, bool(one.end))


def _who(one: Evidence, other: Evidence, a: object, b: object, there: bool) -> str:
    if a == b:
        return f"{one.server} and {other.server}" if there else "none"
    return one.server if a > b else other.server  # type: ignore[operator]  # of one kind


def compared(one: Evidence, other: Evidence) -> list[str]:
    """Return the lines that both are shown by, and what follows from them."""
    rows = [("", one.server, other.server), *_rows(one, other)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip()
        for r in rows
    ]
    found = last_primary(one, other)
    lines.append(f"last primary: {found.server or 'cannot be told'}: {found.why}")
    lines += [f"{what}: {who}" for what, who in newest(one, other)]
    return lines


def _rows(one: Evidence, other: Evidence) -> Iterator[tuple[str, str, str]]:
    yield "mark", one.shown_mark, other.shown_mark
    yield "pg_wal", _pg_wal(one), _pg_wal(other)
    yield "backup", one.backup or "none", other.backup or "none"
    yield "archived", one.archived or "none", other.archived or "none"


def _pg_wal(found: Evidence) -> str:
    if not found.end:
        return "nothing" if not found.why else "not known"
    return f"timeline {found.timeline}, to {found.end}"
