"""pgx_rcvall -l: what a backup destination has, looked at without touching anything."""

from __future__ import annotations

import os
import time

from pgx_mirror.backup import places
from pgx_mirror.backup.label import Label
from pgx_mirror.core import wal, wal_files
from pgx_mirror.restore import source, wal_scan
from pgx_mirror.restore.core.listing import Newest, Row, Unusable

_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_SEGMENT = 1 << 24  # bytes, where no backup tells

Found = tuple[list[Row], Newest | None, list[Unusable]]


def look(destination: str) -> Found:
    """Return backups, newest last, the newest archived log, what cannot be used.

    Raises Failure.
    """
    kept = source.look(destination)
    unusable = [Unusable(one.entry, one.why) for one in kept.left]
    last = kept.good[-1] if kept.good else None
    newest, damaged = newest_archived(destination, last)
    return [_row(one) for one in kept.good], newest, [*unusable, *damaged]


def _row(label: Label) -> Row:
    return Row(
        label.name,
        label.server,
        label.system,
        label.major,
        label.started,
        label.finished,
        label.bytes,
        label.timeline,
        label.start_lsn,
        label.end_lsn,
        label.verified,
    )


def newest_archived(
    destination: str, last: Label | None
) -> tuple[Newest | None, list[Unusable]]:
    """Return the newest file that can be used, and those that lie behind it.

    Looked at are the heads of the newest alone: by the backup *last*, if there is one.
    """
    segment = last.wal_segment_size if last else _SEGMENT
    damaged = []
    for name, path in _files(destination):
        why = wal_scan.fault(path, last.system, segment) if last else ""
        if why:
            damaged.append(Unusable(path, why))
            continue
        end = wal.text(wal_files.first(name, segment) + segment)
        modified = time.strftime(_MOMENT, time.gmtime(os.stat(path).st_mtime))
        return Newest(name, wal_files.timeline(name), end, modified), damaged
    return None, damaged


def _files(destination: str) -> list[tuple[str, str]]:
    """Return name and path of each archived file of the log, the newest first."""
    found: dict[str, str] = {}
    for directory in places.archives(destination):
        try:
            names = os.listdir(directory)
        except FileNotFoundError:
            continue
        for name in filter(wal_files.is_file, names):
            found.setdefault(name, f"{directory}/{name}")
    return sorted(found.items(), reverse=True)
