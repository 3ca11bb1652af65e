"""What pgx_online reads in the status record, and writes into it.

It is cleared before a server is started or stopped, and the entry under /run with it:
Check then says Offline until the monitor's first word.  An adoption leaves a record that
says Online as it is, and the entry too.
"""

from __future__ import annotations

import os

from pgx_agent.online.looker import Looker
from pgx_agent.script.worker import Worker
from pgx_base import proc
from pgx_base.failure import Failure
from pgx_pclrsc import beacon, record, transitions


def read(worker: Looker) -> record.Record | None:
    """Return this boot's record; one that is garbled or cannot be read counts as none.

    It is Faulted also where its monitor could say so by the beacon alone.
    """
    found = record.current(worker.dir_fd, worker.note)
    if found is None:
        return None
    postmaster = found.postmaster, found.start
    if beacon.says_faulted(worker.root, worker.definition.name, postmaster):
        found.state = record.FAULTED
    return found


def _write(worker: Worker, found: record.Record, *, sync: bool) -> None:
    try:
        record.put(worker.dir_fd, found, sync=sync)
    except OSError as ex:
        raise Failure(
            f"could not write the status record: {ex.strerror or ex}",
            hint="Nothing is started unrecorded: look at the work directory.",
        ) from ex


def clear(worker: Worker) -> None:
    """Make record and entry say nothing; the monitor of an earlier record ends at this."""
    worker.remove_entry()
    fresh = record.Record(record.new_generation(), proc.boot_id())
    fresh.more = transitions.noted("online", "unfinished")
    _write(worker, fresh, sync=False)


def starting(worker: Worker, pid: int, start: int, mode: str = "start") -> str:
    """Record, and sync, the server that is about to run; return the record's generation.

    *mode* is how it comes to be the resource's: `start` or `adopt`.
    """
    there = os.stat(worker.definition.data_directory)
    found = record.Record(
        record.new_generation(),
        proc.boot_id(),
        record.STARTING,
        good_until=proc.monotonic_ms() + record.GOOD_FOR_MS,
        postmaster=pid,
        start=start,
        device=there.st_dev,
        inode=there.st_ino,
    )
    found.more = transitions.noted("online", mode)
    _write(worker, found, sync=True)
    return found.generation


def says_online(found: record.Record | None, pid: int, start: int) -> bool:
    """Whether the record *found* says Online of this very postmaster."""
    return (
        found is not None
        and found.state == record.ONLINE
        and (found.postmaster, found.start) == (pid, start)
    )


def says_starting(found: record.Record | None, pid: int, start: int) -> bool:
    """Whether *found* says that an Online has started this postmaster, and got no further."""
    return (
        found is not None
        and found.state == record.STARTING
        and (found.postmaster, found.start) == (pid, start)
    )


def adopting(worker: Worker, found: record.Record | None, pid: int, start: int) -> str:
    """Return the generation under which *pid* is adopted: that of its Online record, or new."""
    if found is not None and says_online(found, pid, start):
        return found.generation
    return starting(worker, pid, start, "adopt")
