"""The backup that is to be restored, and the log beside it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.backup import kept, places
from pgx_mirror.backup.kept import Kept
from pgx_mirror.backup.label import Label
from pgx_mirror.restore import areas, wal_scan
from pgx_mirror.restore.core import road
from pgx_mirror.restore.core.road import Begin, Road
from pgx_mirror.restore.wal_scan import Log

_LIST = "See what there is by pgx_rcvall -l."


@dataclass(frozen=True, slots=True)
class Source:
    """What is restored, and how far: the log that is there, and the road along it."""

    label: Label
    directory: str
    log: Log
    road: Road


def look(destination: str) -> Kept:
    """Return what *destination* keeps.  Raises Failure where it cannot be read."""
    try:
        os.stat(destination)
        return kept.find(destination)
    except OSError as ex:
        raise Failure(
            f"could not read backup destination {quoted(destination)}: {ex.strerror}",
            hint="Give the directory that pgx_dmpall writes to, backup_destination, by -B.",
        ) from ex


def choose(destination: str, found: Kept, name: str) -> Label:
    """Return the backup *name*, the newest one where that is empty.  Raises Failure."""
    if name:
        return _named(destination, found, name)
    if not found.good:
        lies = ", ".join(f"{one.entry}: {one.why}" for one in found.left)
        raise Failure(
            f"there is no backup in {quoted(destination)}",
            detail=f"There is {lies}." if lies else None,
            hint="Give the directory that pgx_dmpall writes to, backup_destination, by -B.",
        )
    if len({one.system for one in found.good}) > 1:
        raise Failure(
            f"there are backups of several databases in {quoted(destination)}",
            hint="Choose one by --backup=NAME: see pgx_rcvall -l.",
        )
    return found.good[-1]


def _named(destination: str, found: Kept, name: str) -> Label:
    for one in found.good:
        if one.name == name:
            return one
    why = next((left.why for left in found.left if left.entry == name), "")
    if why:
        raise Failure(f"backup {quoted(name)} cannot be used: {why}", hint=_LIST)
    raise Failure(
        f"there is no backup {quoted(name)} in {quoted(destination)}", hint=_LIST
    )


def begin_of(label: Label) -> Begin:
    """Return what the backup *label* needs of the log."""
    return Begin(label.timeline, label.start, label.end, label.wal_segment_size)


def follow(destination: str, label: Label, data: str) -> Source:
    """Return what backup *label* can be recovered with; *data* may have newer log in pg_wal.

    Raises Failure.
    """
    directory = places.backup(destination, label.name)
    begin = begin_of(label)
    more = [f"{data}/{areas.WAL}", f"{places.base(directory)}/{areas.WAL}"]
    archives = places.archives(destination)
    try:
        log = wal_scan.scan(label.system, begin.segment, label.start, archives, more)
    except OSError as ex:
        raise Failure(
            f"could not look for write-ahead log in {quoted(ex.filename)}: {ex.strerror}"
        ) from ex
    damaged = [os.path.basename(path) for path in log.damaged]
    way = road.find(begin, log.files, log.histories, damaged)
    return Source(label, directory, log, way)
