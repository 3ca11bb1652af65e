"""What `pgx_rcvall -l` says of a backup destination: for people, and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from pgx_base.text import printable

_COLUMNS = (
    *("backup", "server", "started", "finished", "size", "timeline"),
    *("from", "to", "verified"),
)
_NONE = "no backup: -B is to be the directory that pgx_dmpall writes to"
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest archived file of the log: on which timeline, up to where, of when."""

    file: str
    timeline: int
    end: str
    modified: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """What lies among the backups, or in the archive, and cannot be used."""

    entry: str
    why: str


@dataclass(frozen=True, slots=True)
class Row:
    """A backup; *start* and *end* are positions of the log, *bytes* what its files have."""

    name: str
    server: str
    system: str
    major: int
    started: str
    finished: str
    bytes: int
    timeline: int
    start: str
    end: str
    verified: bool


def text(
    rows: Sequence[Row], newest: Newest | None, unusable: Iterable[Unusable]
) -> str:
    """Return it for people: a table, the newest last, and what else there is."""
    lines = _table([_COLUMNS, *map(_cells, rows)]) if rows else [_NONE]
    for one in unusable:
        lines.append(f"not usable: {printable(one.entry)}: {one.why}")
    if newest is None:
        return "\n".join([*lines, "newest archived log: none"])
    lines.append(
        f"newest archived log: {newest.file}, timeline {newest.timeline}, "
        f"to {newest.end}, of {newest.modified}"
    )
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    size = f"{max(1, round(row.bytes / _MEGABYTE))} MB"
    verified = "yes" if row.verified else "no"
    return (
        *(row.name, row.server, row.started, row.finished, size, str(row.timeline)),
        *(row.start, row.end, verified),
    )


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def plain(
    rows: Sequence[Row], newest: Newest | None, unusable: Iterable[Unusable]
) -> str:
    """Return it as JSON: keys are added, none changes its meaning."""
    found = {
        "backups": [asdict(row) for row in rows],
        "newest_archived": asdict(newest) if newest else None,
        "unusable": [asdict(one) for one in unusable],
    }
    return json.dumps(found, indent=2, sort_keys=True)
