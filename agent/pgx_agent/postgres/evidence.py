"""What is known of an instance before its processes are looked for.

The registry names the data directory, the record and the entry under /run name the
postmaster, postmaster.pid is one more witness.  Each of them may be missing or wrong:
none of it is asked for more than it can prove.
"""

from __future__ import annotations

from pgx_agent import record
from pgx_agent.postgres import holdings, pidfile
from pgx_base import proc
from pgx_base.idents import Ident, Key
from pgx_base.light.dataclasses import dataclass
from pgx_pclrsc import memory
from pgx_pclrsc.definition import ResourceDefinition

_VERSION_FILE = "PG_VERSION"

# PID and start time in clock ticks: one process of this boot, for ever.


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the processes of an instance are known by.

    `data_key` is the data directory as its name leads to it now, None when it cannot be
    asked; `recorded_key` as it was when its postmaster was recorded.  `guard_key` is that
    of PG_VERSION, None when it cannot be seen.  `segments` is shared memory that is the
    instance's beyond doubt.  `pid_file` is what postmaster.pid says, None where it is not
    there or cannot be read.
    """

    uid: int
    data_directory: str
    data_key: Key | None = None
    recorded_key: Key | None = None
    recorded: tuple[Ident, ...] = ()
    segments: frozenset[int] = frozenset()
    guard_key: Key | None = None
    pid_file: pidfile.PidFile | None = None


def gather(
    definition: ResourceDefinition,
    found: record.Record | None,
    entry: Ident | None = None,
) -> Evidence:
    """Return what is known of the instance from its *definition*, the record *found*, and
    the postmaster that the *entry* under /run names.
    """
    if found is not None and (
        found.state == record.NONE or found.boot != proc.boot_id()
    ):
        found = None
    recorded = [(found.postmaster, found.start)] if found and found.postmaster else []
    if entry is not None and entry not in recorded:
        recorded.append(entry)
    data = definition.data_directory
    return Evidence(
        definition.uid,
        data,
        holdings.key(data),
        _recorded_key(found, recorded),
        tuple(recorded),
        _segments(definition, found),
        holdings.key(f"{data}/{_VERSION_FILE}"),
        _pid_file(data),
    )


def _recorded_key(found: record.Record | None, recorded: list[Ident]) -> Key | None:
    """Return the data directory's key by the record, else by the postmaster's own."""
    if found is not None and found.inode:
        return found.device, found.inode
    for pid, start in recorded:
        where = proc.cwd_key(pid)
        if where is not None and proc.alive(pid, start):
            return where
    return None


def _segments(
    definition: ResourceDefinition, found: record.Record | None
) -> frozenset[int]:
    """Return the segment that the record names, if its postmaster has made it.

    An id alone proves nothing: like a PID it is used again.  postmaster.pid names one
    too, and may have been copied from another instance with it.
    """
    if found is None or not found.shmid:
        return frozenset()
    there = memory.segments().get(found.shmid)
    if there is None or (there.creator, there.uid) != (
        found.postmaster,
        definition.uid,
    ):
        return frozenset()
    return frozenset({found.shmid})


def _pid_file(data_directory: str) -> pidfile.PidFile | None:
    try:
        return pidfile.read(data_directory)
    except (pidfile.Garbled, OSError):
        return None
