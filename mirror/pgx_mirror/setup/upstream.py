"""Which write-ahead log the primary has, and the timelines that it has come along.

By a replication connection as far as that tells it; which files there are a session with
the database tells, and PostgreSQL 15 and newer for this server's slot.
"""

from __future__ import annotations

from pgx_mirror.core import wal
from pgx_mirror.setup import source, wal_end
from pgx_mirror.setup.choosing import Left, Upstream
from pgx_mirror.setup.source import Source, Told

_SLOTS_ARE_TOLD = 15  # READ_REPLICATION_SLOT
_SLOT = "select restart_lsn from pg_replication_slots where slot_name = '{}'"
_FILES = """select pg_size_bytes(current_setting('wal_segment_size')), name
 from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$'"""


def ask(base: Source, told: Told, database: str, slot: str) -> Upstream:
    """Return what the primary says; what it does not let us know is not known."""
    kept = _slot(base, told, database, slot)
    files = _files(base, database, told.position)
    oldest = min((at for at in (kept, files) if at is not None), default=None)
    before = _before(base, told.timeline)
    return Upstream(told.timeline, told.position, before, oldest, kept)


def _before(base: Source, timeline: int) -> Left:
    if timeline == 1:
        return ()
    said = source.by_replication(base, [f"TIMELINE_HISTORY {timeline}"])
    # The file's name, and its first line behind that.
    return wal_end.history(said.stdout.replace(source.BETWEEN, "\n"))


def _slot(base: Source, told: Told, database: str, slot: str) -> int | None:
    if told.major < _SLOTS_ARE_TOLD:
        said = source.by_session(base, database, [_SLOT.format(slot)])
        return wal.number(at) if (at := said.stdout.strip()) else None
    said = source.by_replication(base, [f"READ_REPLICATION_SLOT {slot}"])
    kind, _, rest = said.stdout.partition(source.BETWEEN)
    at = rest.partition(source.BETWEEN)[0]
    return wal.number(at) if kind == "physical" and at else None


def _files(base: Source, database: str, flushed: int) -> int | None:
    """Return from where on there is every file of the log up to *flushed*."""
    said = source.by_session(base, database, [_FILES])
    if said.returncode != 0:
        return None
    rows = [line.split(source.BETWEEN) for line in said.stdout.split("\n") if line]
    if not rows:
        return None
    segment = int(rows[0][0])
    return oldest({wal.first(name, segment) for _, name in rows}, flushed, segment)


def oldest(there: set[int], flushed: int, segment: int) -> int | None:
    """Return the first of the files *there* from which on none is missing up to *flushed*."""
    at = flushed - flushed % segment
    if at == flushed and at not in there:
        at -= segment  # it has not been begun
    if at not in there:
        return None
    while at - segment in there:
        at -= segment
    return at
