"""mc_ctl setup: this server's data directory is made a standby of the primary's.

    1. the primary is asked, the directory looked at: all refusals, and nothing is touched
    2. this server's postgresql.conf is kept; what is begun is noted in the management
       directory, durably; the directory is emptied
    3. pg_basebackup copies, under a name that confirms nothing, with a slot that keeps the
       write-ahead log until the first start; or a command restores a backup (`commanded`)
    4. postgresql.conf is put back, the names are set, the mark says NEW, all durable
    5. the note goes

    ended at   what is left                         put right by
    1          all that was there                   nobody needs to
    2 to 4     what is noted; mc_ctl start refuses  the next setup, which begins anew
    5          a whole standby                      nobody needs to
A setup that fails, or is ended by a signal that can be heeded, empties the directory, drops
the slot and takes its note away; at 5 only a kill ends it.  `rewinding` goes another way,
and empties nothing.
"""

from __future__ import annotations

import os
from dataclasses import replace

from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from pgx_base.idents import Key
from pgx_base.text import quoted
from pgx_mirror.core import slot_name
from pgx_mirror.setup import (
    commanded,
    copying,
    finishing,
    keeping,
    kept,
    local,
    looking,
    methods,
    programs,
    rewinding,
    room,
    source,
    streaming,
    unfinished,
    wiping,
)
from pgx_mirror.setup.choosing import Known
from pgx_mirror.setup.looking import ENDLESS, Found
from pgx_mirror.setup.task import Refused, Task, Teller
from pgx_mirror.setup.unfinished import Unfinished


def make(task: Task, lock_fd: int, teller: Teller, heeded: Heeded) -> None:
    """Make the standby, whole; *lock_fd* is handed on to what copies.

    Raises Refused where nothing was touched, Failure, and what *heeded* raises.
    """
    with heeded.ending():
        found = looking.look(task, teller)
        binaries = programs.directory_of(found.told.major, task.source.bin_dir)
        choice, known = looking.chosen(task, found, slot_name.of(task.server))
        note = _note(task, found)
    choice, known = keeping.settle(task, found.told, choice, known, note.slot, heeded)
    for line in choice.why:
        teller.say(line)
    match choice.method:
        case methods.STREAMING:
            heeded.check()  # as a last time
            streaming.follow(task, found.told, note.slot, teller)
        case methods.REWIND:
            _rewind(task, found, known, note, binaries, lock_fd, teller, heeded)
        case _:
            _copy(task, found, note, binaries, lock_fd, teller, heeded)


def _rewind(
    task: Task,
    found: Found,
    known: Known,
    note: Unfinished,
    binaries: str,
    lock_fd: int,
    teller: Teller,
    heeded: Heeded,
) -> None:
    """Rewind; what fails is copied, unless a rewind was asked for."""
    try:
        rewinding.rewind(
            task, found.told, known, binaries, note, lock_fd, teller, heeded
        )
    except Failure as ex:
        if task.method == methods.REWIND:
            raise
        teller.warn(ex)
        teller.say("by a copy: the rewind has failed")
        begun = unfinished.of(task.mcdir, task.server)
        found = replace(found, begun=begun)
        _copy(task, found, note, binaries, lock_fd, teller, heeded)


def _copy(
    task: Task,
    found: Found,
    note: Unfinished,
    binaries: str,
    lock_fd: int,
    teller: Teller,
    heeded: Heeded,
) -> None:
    if no_room := room.check(found.more, task.data):
        raise Refused([no_room])
    if found.begun is None:
        kept.save(task.mcdir, task.server, task.data)
    unfinished.write(task.mcdir, task.server, note)
    _drop_slot(task, found, heeded)
    place, emptying = local.which(task.data), False
    try:
        with heeded.ending():
            emptying = True
            teller.say(f"emptying data directory {quoted(task.data)}")
            _wipe(task, found)
            if note.slot:
                source.make_slot(task.source, note.slot)  # it was dropped just now
            _fill(task, found, note, binaries, lock_fd, teller)
            local.check_same(task.data, place)
            _finish(task, found, note, binaries, lock_fd, teller)
    except BaseException:
        if emptying:  # else it was ended before: nothing was touched
            _undo(task, note, place, teller)
        raise
    unfinished.remove(task.mcdir, task.server)


def _fill(
    task: Task,
    found: Found,
    note: Unfinished,
    binaries: str,
    lock_fd: int,
    teller: Teller,
) -> None:
    """Copy the primary's data directory, or have the command restore one."""
    if task.method == methods.COMMAND:
        commanded.restore(task, lock_fd, teller)
        return
    what = copying.Copy(binaries, task.source, task.data, note.wal, note.slot)
    copying.copy(what, lock_fd, teller.say)


def _finish(
    task: Task,
    found: Found,
    note: Unfinished,
    binaries: str,
    lock_fd: int,
    teller: Teller,
) -> None:
    """Make a standby of it; a copy has all that it needs, a backup may not."""
    by_command = task.method == methods.COMMAND
    if by_command:
        commanded.follow(task, found.told, binaries, note.slot, lock_fd, teller)
    finishing.finish(task, found.told, binaries, teller)
    if by_command:
        commanded.check_log(task, found.told, binaries, note.slot, teller)


def _drop_slot(task: Task, found: Found, heeded: Heeded) -> None:
    """Drop the slot of the directory that is there; refused or ended, nothing is begun.

    Killed behind it, the old directory would start, and never stream: so it is marked first.
    """
    dropped = False
    try:
        with heeded.ending():
            source.drop_slot(task.source, slot_name.of(task.server))
            dropped = True
    except BaseException:
        if found.begun is None and not dropped:
            unfinished.remove(task.mcdir, task.server)
        raise


def _note(task: Task, found: Found) -> Unfinished:
    """Return what is begun; what an earlier setup has begun is part of it.

    Without a limit a slot is not made: a standby that is away would fill the primary's disk.
    """
    slot = slot_name.of(task.server) if found.told.keep != ENDLESS else ""
    before = found.begun or Unfinished(task.data)
    wal = found.here.wal or before.wal
    spaces = dict.fromkeys([*before.tablespaces, *found.more.spaces])
    primary = f"{task.source.host}:{task.source.port}"
    return Unfinished(task.data, wal, tuple(spaces), slot, primary)


def _wipe(task: Task, found: Found) -> None:
    """Empty what was there: an instance of ours, or what another setup has begun."""
    begun = found.begun or Unfinished(task.data)
    parts = dict.fromkeys([*found.here.parts, *wiping.filled(begun.tablespaces)])
    there = [part for part in parts if os.path.isdir(part)]
    wiping.wipe(task.data, found.here.wal or begun.wal, there)


def _undo(task: Task, note: Unfinished, place: Key | None, teller: Teller) -> None:
    """Take back what was begun; what cannot be is left to the next setup."""
    teller.say("taking back what was begun")
    try:
        local.check_same(note.data, place)
        wiping.wipe(note.data, note.wal, wiping.filled(note.tablespaces))
        if note.slot:
            source.drop_slot(task.source, note.slot)
    except Failure as ex:
        teller.warn(ex)
        return
    unfinished.remove(task.mcdir, task.server)
