"""A status as `mc_ctl status` prints it, as JSON, and as the controller hands it over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from pgx_mirror.core import wal
from pgx_mirror.core.status import values
from pgx_mirror.core.status.values import Reason, Row, Status

TITLE = "mirroring status"
COLUMNS = (
    "server_id",
    "host_role",
    "host",
    "host_status",
    "db_proc_status",
    "disk_status",
)


def text(status: Status, below: Sequence[str] = ()) -> str:
    """Return *status* in the manual's layout (7.2), with lines *below* it, and the reasons."""
    cells = [tuple(getattr(r, c) for c in COLUMNS) for r in status.rows]
    lines = [TITLE, "-" * len(TITLE), status.mirroring, *table((COLUMNS, *cells))]
    lines += ["", *below] if below else []
    return "\n".join([*lines, *reason_lines(status.reasons)])


def table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return the lines of a table, as wide as its content, the first of *rows* its header."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    header, *others = (_line(cells, widths) for cells in rows)
    return [header, "-" * max(map(len, (header, *others))), *others]


def reason_lines(reasons: Sequence[Reason]) -> list[str]:
    """Return what stands below a table of each of *reasons*."""
    lines = []
    for reason in reasons:
        lines += ["", f"reason: {reason.text}"]
        lines += [f"hint: {reason.hint}"] if reason.hint else []
    return lines


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()


def as_json(status: Status) -> str:
    """Return *status* as what `--output=json` prints."""
    return json.dumps(for_programs(status), indent=2)


def for_programs(status: Status) -> dict[str, Any]:
    """Return what `--output=json` prints, as one object."""
    shown = plain(status)
    for row in shown["servers"]:
        row["position"] = wal.text(row["position"]) if row["position"] else ""
    return shown


def plain(status: Status) -> dict[str, Any]:
    """Return *status* as what JSON can hold; `read` makes a status of it again."""
    return {
        "mirroring_status": status.mirroring,
        "servers": [asdict(row) for row in status.rows],
        "reasons": values.plain(status.reasons),
    }


def read(shown: Mapping[str, Any]) -> Status:
    """Return the status that `plain` has made.  Raises KeyError, TypeError, ValueError."""
    rows = tuple(replace(_EMPTY, **row) for row in shown["servers"])
    reasons = tuple(Reason(**reason) for reason in shown["reasons"])
    return Status(str(shown["mirroring_status"]), rows, reasons)


_EMPTY = Row("", "", "", "", "", "")
