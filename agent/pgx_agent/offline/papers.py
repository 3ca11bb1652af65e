"""What pgx_offline has in the work directory: the transition lock and the record.

The instance is stopped without them where they cannot be had: see worker.Use.
"""

from __future__ import annotations

import os
import time

from pgx_agent.script import lock
from pgx_agent.script.worker import Worker
from pgx_base import locks, proc
from pgx_base.idents import Ident
from pgx_base.report import Failure
from pgx_pclrsc import beacon, record, rows, runentry, transitions
from pgx_pclrsc.beacon import Beacon
from pgx_pclrsc.core import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pgx_postgres.running.stop import Left

STOPPING = "stopping the instance"  # a phase
_HOLDER_MAY_HANG = 10.0  # seconds, where the work directory does
_STALE = "pgx_check may go on reporting what it was."


def take_lock(worker: Worker, until: float) -> lock.Held | None:
    """Take the transition lock; None where there can be none, as without a work directory.

    Where writes hang its holder may hang as well, and one of our own workers may have it.
    *until* is monotonic.  Raises Failure when it is not to be had in time.
    """
    if worker.use == "none" or worker.dir_fd < 0:
        return None  # that it is without the work directory was warned of
    try:
        if worker.use == "whole":
            return lock.acquire(
                worker.dir_fd, "offline", until, lambda: _no_news(worker)
            )
        return lock.acquire_unsigned(
            worker.dir_fd,
            "offline",
            min(until, time.monotonic() + _HOLDER_MAY_HANG),
            lambda: _no_news(worker),
        )
    except OSError as ex:
        problem = ex.strerror or str(ex)
    except Failure as ex:
        if worker.use == "whole" and not isinstance(ex, lock.HolderHangs):
            raise
        problem = ex.primary
    worker.warn(
        f"could not take the transition lock: {problem}",
        detail="The instance is stopped without it.",
        hint="Look at the work directory and its file system.",
    )
    return None


def _no_news(worker: Worker) -> None:
    worker.wait([], 0)


def keep_state(worker: Worker, found: record.Record | None) -> record.Record | None:
    """Let Check go on saying what was found: Faulted where the postmaster is gone.

    A worker before us may have ended it, which hangs.
    """
    if (
        found is not None
        and not worker.had_reached(STOPPING)
        and not rows.is_void(worker.root, worker.definition.name, found)
        and found.state == record.ONLINE
        and not proc.alive(found.postmaster, found.start)
    ):
        found.state = record.FAULTED
        transitions.changed(found)
        found.reason = "its postmaster is gone"
        _write(worker, found)
    return found


def speak(
    worker: Worker, found: record.Record | None, held: lock.Held | None
) -> tuple[bool, Beacon]:
    """Say by the beacon, from now on, what Check may not find elsewhere.

    Return whether the instance was found Faulted, and what is spoken by until all is done.
    """
    root, name = worker.root, worker.definition.name
    if found is not None and rows.is_void(root, name, found):
        found = None
    entry = runentry.read(root, name)
    of_entry = entry[0] if entry else (0, 0)
    postmaster = (found.postmaster, found.start) if found is not None else of_entry
    by_record = found is not None and found.state == record.FAULTED
    faulted = by_record or beacon.says_faulted(root, name, postmaster)
    wanted = {locks.LEAVING} if held is None else set()
    if faulted:
        wanted.add(beacon.faulted(postmaster))
    if faulted or _was_online(worker, found, postmaster, of_entry):
        wanted.add(locks.WORKING)
    light = Beacon(root, name)
    light.say(wanted)
    return faulted, light


def _was_online(
    worker: Worker, found: record.Record | None, postmaster: Ident, of_entry: Ident
) -> bool:
    """Whether *postmaster* was Online as far as is known: the record counts before the entry.

    `starting` says of the entry's that its monitor is new, and has not heard from it.
    """
    known = found is None or found.state == record.ONLINE
    again = found is not None and found.state == record.STARTING
    if not known and not (again and postmaster == of_entry):
        return False
    return worker.had_reached(STOPPING) or proc.alive(*postmaster)


def note_failure(worker: Worker, found: record.Record | None, left: list[Left]) -> None:
    """Let Check say Faulted from here on: what is left was killed, and is no server."""
    if found is not None and found.state in (record.ONLINE, record.STARTING):
        found.state = record.FAULTED
        transitions.changed(found)
        found.reason = f"pgx_offline could not stop it: {left[0]}"
        worker.latch_faulted(found.postmaster, found.start)
        _write(worker, found)


def forget(worker: Worker, mode: str) -> None:
    """Let the entry under /run say so, and clear the record: Check says Offline from here on.

    In this order: Check goes by the entry where the record cannot be cleared.  *mode* is
    that of the stop, which the record keeps for people.
    """
    refusal = worker.leave_stopped()
    fresh = record.Record(record.new_generation(), proc.boot_id())
    fresh.more = transitions.noted("offline", mode)
    detail = "pgx_check goes by the entry under /run."
    if refusal:
        detail = f"Nor the entry under /run: {refusal}. {_STALE}"
    _write(worker, fresh, detail)


def _write(worker: Worker, content: record.Record, detail: str = _STALE) -> None:
    """Write the record; where that cannot be, none at all is better than a wrong one.

    *detail* says what becomes of it where neither can be.
    """
    if worker.dir_fd < 0 or worker.use != "whole":
        return
    with worker.at_workdir:
        try:
            record.put(worker.dir_fd, content)
        except OSError as ex:
            _remove_record(worker, ex, detail)


def _remove_record(worker: Worker, problem: OSError, detail: str) -> None:
    try:
        os.unlink(names.RECORD, dir_fd=worker.dir_fd)
    except OSError:
        worker.warn(
            f"could not write the record: {problem.strerror or problem}",
            detail=detail,
            hint="Look at the work directory and its file system.",
        )
