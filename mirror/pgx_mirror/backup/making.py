"""pgx_dmpall: a backup of the primary's database that is whole, or none.

1. all refusals; the destination is locked, and what killed runs have left removed
2. .NAME.new is made, and locked; pg_basebackup copies into it
3. the links to tablespaces are made relative; it is verified and synced
4. the label is written into it, durably
5. it gets the name NAME, durably
6. each backup that it replaces gets the name .OLDER.old, durably, and is removed
7. archived files that no backup needs any more are removed

A signal that can be heeded ends it until 3, and takes it back.

ended at   what is there                          put right by
1          what was there                         nobody needs to
2 to 4     that, and .NAME.new, which is nothing  the next run, which removes it
5          either                                 the same; it is whole under any name
6, 7       NAME, and some too many                the next run, which removes them
"""

from __future__ import annotations

import os
import time

from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from pgx_base.text import quoted
from pgx_mirror.backup import (
    copying,
    destination,
    locking,
    manifest,
    places,
    proving,
    removing,
    replacing,
)
from pgx_mirror.backup.label import Label
from pgx_mirror.backup.looking import Found
from pgx_mirror.backup.task import Task, Teller
from pgx_mirror.data import durable, steps
from pgx_mirror.setup import controldata
from pgx_mirror.setup import copying as basebackup
from pgx_postgres import control

_STAMP, _MOMENT = "%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%SZ"


def make(task: Task, found: Found, teller: Teller, heeded: Heeded) -> Label:
    """Make a backup, remove what it replaces, and return its label.

    The destination is locked by whoever calls this.  Raises Failure, and what *heeded*
    raises.
    """
    with heeded.ending():
        for left in removing.leftovers(task.destination, task.server):
            teller.say(f"removed {quoted(left)}, which was not finished")
        began = _free_moment(task)
    name = places.name_of(time.strftime(_STAMP, began), task.server)
    try:
        with heeded.ending():
            label = _made(task, found, name, began, teller)
        _finish(task, label)
    except BaseException:
        _take_back(task, name, teller)
        raise
    teller.say(f"backup {quoted(name)} is whole")
    replacing.replace(task, label, teller)
    return label


def _free_moment(task: Task) -> time.struct_time:
    """Return the first second from now on that no backup is named after."""
    while True:
        began = time.gmtime()
        name = places.name_of(time.strftime(_STAMP, began), task.server)
        if not os.path.lexists(places.backup(task.destination, name)):
            return began
        time.sleep(0.1)


def _made(
    task: Task, found: Found, name: str, began: time.struct_time, teller: Teller
) -> Label:
    where = f"{places.backups(task.destination)}/{places.unfinished(name)}"
    base = places.base(where)
    try:
        os.mkdir(where, places.MODE)
        lock_fd = locking.hold(where)
        try:
            _copy(task, found, name, where, lock_fd, teller)
        finally:
            os.close(lock_fd)
        _relink(base)
    except OSError as ex:
        raise destination.unwritable(where, ex) from ex
    teller.say("verifying and syncing")
    size = proving.prove(where, base, found.programs)
    return _label(task, found, name, began, size)


def _copy(
    task: Task, found: Found, name: str, where: str, lock_fd: int, teller: Teller
) -> None:
    primary = found.primary
    with copying.passfile(primary.password, task.home) as passfile:
        what = copying.Copy(found.programs, primary, task.user, name, where, passfile)
        basebackup.copy(what, lock_fd, teller.say)


def _relink(base: str) -> None:
    """Have the links to tablespaces lead there from wherever the backup is copied to."""
    links = f"{base}/pg_tblspc"
    for oid in os.listdir(links):
        if os.path.islink(f"{links}/{oid}"):
            os.unlink(f"{links}/{oid}")
            os.symlink(places.link(oid), f"{links}/{oid}")


def _label(
    task: Task, found: Found, name: str, began: time.struct_time, size: int
) -> Label:
    base = places.base(f"{places.backups(task.destination)}/{places.unfinished(name)}")
    known, primary = control.read(base), found.primary
    if str(known.system_identifier) != primary.system:
        raise Failure(
            "another server was copied than was asked",
            detail=f"Its system identifier is {known.system_identifier}, and not "
            f"{primary.system}.",
        )
    needed = manifest.needed(base)
    told = controldata.read(base, found.programs)
    return Label(
        name=name,
        server=task.server,
        system=primary.system,
        major=known.major,
        timeline=needed.timeline,
        start_lsn=needed.start,
        end_lsn=needed.end,
        started=time.strftime(_MOMENT, began),
        finished=time.strftime(_MOMENT, time.gmtime()),
        bytes=size,
        wal_segment_size=int(told[controldata.SEGMENT]),
        tablespaces=_spaces(base, found),
    )


def _spaces(base: str, found: Found) -> dict[str, str]:
    """Return where those lay that were copied: one may have gone since it was told of."""
    there = set(os.listdir(f"{base}/pg_tblspc"))
    return {oid: path for oid, path in found.primary.spaces.items() if oid in there}


def _finish(task: Task, label: Label) -> None:
    """Write the label, and give the backup its name: all else of it is on disk."""
    backups = places.backups(task.destination)
    where = f"{backups}/{places.unfinished(label.name)}"
    try:
        dir_fd, backups_fd = steps.open_directory(where), steps.open_directory(backups)
        try:
            durable.write(dir_fd, places.LABEL, label.to_text().encode())
            steps.rename(backups_fd, places.unfinished(label.name), label.name)
        finally:
            os.close(dir_fd)
            os.close(backups_fd)
    except OSError as ex:
        raise destination.unwritable(where, ex) from ex


def _take_back(task: Task, name: str, teller: Teller) -> None:
    """Remove what was begun; what cannot be is left to the next run."""
    path = places.backup(task.destination, places.unfinished(name))
    if not os.path.lexists(path):
        return
    teller.say("taking back what was begun")
    try:
        removing.unfinished(task.destination, name)
    except Failure as ex:
        teller.warn(ex)
