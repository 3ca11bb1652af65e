"""Becoming the one monitor of a resource, and finding the server that it is for."""

from __future__ import annotations

import os

from pgx_agent.monitor.seeing import disk
from pgx_agent.monitor.writing.keeper import Keeper
from pgx_agent.script import lock
from pgx_base import files, locks, proc
from pgx_base.idents import Ident
from pgx_base.light.dataclasses import dataclass
from pgx_pclrsc import record, registry, rows
from pgx_pclrsc.core import names
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.record import Record
from pgx_postgres import pidfile
from pgx_postgres.processes import postmasters
from pgx_postgres.running import guard


class StandDown(Exception):
    """There is nothing to do for us: another monitor lives, a script works, no server runs."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a monitor holds: the record's keeper, the files it looks at, the guard.

    *before* is the state in the record that was found, for this very server.
    """

    keeper: Keeper
    dir_fd: int
    transition_fd: int
    postmaster: Ident
    before: str
    reason: str
    guard_fd: int | None
    guard_problem: str | None


def read_record(dir_fd: int) -> Record | None:
    """Return this boot's record; a garbled one is none.  Raises OSError."""
    try:
        found = record.read(dir_fd)
    except record.Garbled:
        return None
    return found if found is not None and found.boot == proc.boot_id() else None


def under_online(
    definition: ResourceDefinition, postmaster: Ident, generation: str
) -> Claim:
    """Claim *postmaster* for an Online that works.  Raises StandDown, OSError."""
    dir_fd = files.open_workdir(definition.work_directory)
    transition_fd = lock.open_lock(dir_fd, names.TRANSITION_LOCK)
    lock_fd = _take_lock(dir_fd)
    found = read_record(dir_fd)
    if found is None or found.generation != generation:
        raise StandDown("the record has another generation")
    return _claim(definition, dir_fd, transition_fd, lock_fd, postmaster, found)


def after_check(
    definition: ResourceDefinition, generation: str, *, succeeds: bool
) -> Claim:
    """Take over, or adopt a server that was started by hand.  Raises StandDown, OSError.

    *succeeds*: also one that was started after that of the record had ended, as where
    an Offline could not clear the record.

    The transition lock is held, shared, while what is needed of the data directory is
    opened: an Offline that begins now would otherwise meet it as an open file.
    """
    root = registry.registry_root()
    dir_fd = files.open_workdir(definition.work_directory)
    _check_disk(definition, dir_fd)
    transition_fd = lock.open_lock(dir_fd, names.TRANSITION_LOCK)
    if not locks.take(transition_fd, locks.EXCLUSIVE, shared=True):
        raise StandDown("a script works")
    found = read_record(dir_fd)
    if generation and generation != _generation(found):
        raise StandDown("the record is not the one that Check has read")
    lock_fd = _take_lock(dir_fd)
    if found is not None and rows.is_void(root, definition.name, found):
        succeeds = True
    postmaster = _server(definition, found, succeeds=succeeds)
    claim = _claim(definition, dir_fd, transition_fd, lock_fd, postmaster, found)
    locks.release(transition_fd, locks.EXCLUSIVE)
    return claim


def _check_disk(definition: ResourceDefinition, dir_fd: int) -> None:
    """Stand down when the data directory's disk hangs: a later Check sends another."""
    lock_fd = lock.open_lock(dir_fd, names.MONITOR_LOCK)
    try:
        if not disk.answers(definition.data_directory, lock_fd):
            raise StandDown("the disk of the data directory does not answer")
    finally:
        os.close(lock_fd)


def _generation(found: Record | None) -> str:
    """Return the generation as Check names it: `-` for a record that says nothing."""
    return "-" if found is None or found.state == record.NONE else found.generation


def _take_lock(dir_fd: int) -> int:
    lock_fd = lock.open_lock(dir_fd, names.MONITOR_LOCK)
    if not locks.take(lock_fd, locks.MONITOR):
        raise StandDown("another monitor lives")
    return lock_fd


def _server(
    definition: ResourceDefinition, found: Record | None, *, succeeds: bool
) -> Ident:
    """Return the record's postmaster, else one of this data directory.  Raises StandDown."""
    if found is not None and proc.alive(found.postmaster, found.start):
        return found.postmaster, found.start
    final = found is not None and found.state in (record.ONLINE, record.FAULTED)
    if final and not succeeds:
        # Check says Faulted, and that is final until the next Online.
        raise StandDown("the record's postmaster is gone")
    return find_server(definition)


def find_server(definition: ResourceDefinition) -> Ident:
    """Return the postmaster of the data directory, found by its processes.

    Raises StandDown where none runs.
    """
    found = postmasters.of_directory(definition.uid, definition.data_directory)
    named = _named(definition.data_directory)
    for pid in sorted(found, key=lambda pid: pid != named):
        stat = proc.read_stat(pid)
        if stat is not None:
            return pid, stat[2]
    raise StandDown("no postmaster of this data directory runs here")


def _named(data_directory: str) -> int:
    try:
        found = pidfile.read(data_directory)
    except (pidfile.Garbled, OSError):
        return 0
    return found.pid if found is not None else 0


def _claim(
    definition: ResourceDefinition,
    dir_fd: int,
    transition_fd: int,
    lock_fd: int,
    postmaster: Ident,
    found: Record | None,
) -> Claim:
    same = found is not None and (found.postmaster, found.start) == postmaster
    kept = _record(definition, postmaster, found)
    before = found.state if found is not None and same else record.NONE
    if before in (record.ONLINE, record.FAULTED):
        kept.state = before
    kept.reason = found.reason if found is not None and same else ""
    kept.more = found.more if found is not None else ""
    keeper = Keeper(definition.work_directory, dir_fd, lock_fd, kept)
    guard_fd, problem = guard.take_if_free(definition.data_directory)
    keeper.write()
    return Claim(
        keeper,
        dir_fd,
        transition_fd,
        postmaster,
        before,
        kept.reason,
        guard_fd,
        problem,
    )


def _record(
    definition: ResourceDefinition, postmaster: Ident, found: Record | None
) -> Record:
    """Return the record to begin with: `starting`, which Check takes for Offline."""
    ours = os.getpid()
    stat = proc.read_stat(ours)
    # By the server's working directory, which stays when its path has become another's.
    device, inode = proc.cwd_key(postmaster[0]) or (0, 0)
    return Record(
        found.generation if found is not None else record.new_generation(),
        proc.boot_id(),
        record.STARTING,
        postmaster=postmaster[0],
        start=postmaster[1],
        device=device,
        inode=inode,
        shmid=_shmid(definition.data_directory, postmaster[0]),
        monitor=ours,
        monitor_start=stat[2] if stat else 0,
    )


def _shmid(data_directory: str, pid: int) -> int:
    try:
        found = pidfile.read(data_directory)
    except (pidfile.Garbled, OSError):
        return 0
    return found.shmid or 0 if found is not None and found.pid == pid else 0
