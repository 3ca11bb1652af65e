"""mc_ctl setup: this server's data directory is made a standby of the primary's.

    1. the primary is asked, the directory looked at: all refusals, and nothing is touched
    2. this server's postgresql.conf is kept; what is begun is noted in the management
       directory, durably; the directory is emptied
    3. pg_basebackup copies, under a name that confirms nothing, with a slot that keeps the
       write-ahead log until the first start
    4. postgresql.conf is put back, the names are set, the mark says NEW, all durable
    5. the note goes

    ended at   what is left                         put right by
    1          all that was there                   nobody needs to
    2 to 4     what is noted; mc_ctl start refuses  the next setup, which begins anew
    5          a whole standby                      nobody needs to
A setup that fails, or is ended by a signal that can be heeded, empties the directory, drops
the slot and takes its note away.  `rewinding` goes another way, and empties nothing.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from zlib import crc32

from pgx_base.failure import Failure
from pgx_base.idents import Key
from pgx_base.text import quoted
from pgx_mirror.core import standby_name
from pgx_mirror.setup import (
    copying,
    finishing,
    kept,
    local,
    programs,
    rewinding,
    source,
    unfinished,
    wiping,
)
from pgx_mirror.setup.local import Local
from pgx_mirror.setup.methods import REWIND
from pgx_mirror.setup.refusals import Asked, refusals
from pgx_mirror.setup.source import More, Told
from pgx_mirror.setup.task import Refused, Task, Teller
from pgx_mirror.setup.unfinished import Unfinished

_LONGEST_SLOT = 63
_ENDLESS = "-1"


@dataclass(frozen=True, slots=True)
class _Found:
    begun: Unfinished | None
    told: Told
    more: More
    here: Local


def make(task: Task, lock_fd: int, teller: Teller) -> None:
    """Make the standby, whole; *lock_fd* is handed on to what copies.

    Raises Refused where nothing was touched, and Failure.
    """
    found = _look(task, teller)
    binaries = programs.directory_of(found.told.major, task.source.bin_dir)
    slot = slot_of(task.server)
    note = _note(task, found, slot)
    if task.method == REWIND:
        rewinding.rewind(task, found.told, binaries, note, lock_fd, teller)
        return
    if found.begun is None:
        kept.save(task.mcdir, task.server, task.data)
    unfinished.write(task.mcdir, task.server, note)
    _drop_slot(task, found, slot)
    place = local.which(task.data)
    try:
        teller.say(f"emptying data directory {quoted(task.data)}")
        _wipe(task, found)
        what = copying.Copy(binaries, task.source, task.data, note.wal, slot)
        copying.copy(what, lock_fd, teller.say)
        local.check_same(task.data, place)
        finishing.finish(task, found.told, binaries, teller)
    except BaseException:
        _undo(task, note, place, teller)
        raise
    unfinished.remove(task.mcdir, task.server)


def _drop_slot(task: Task, found: _Found, slot: str) -> None:
    """Drop the slot of the directory that is there; refused, nothing is begun.

    Killed behind it, the old directory would start, and never stream: so it is marked first.
    """
    try:
        source.drop_slot(task.source, slot)
    except BaseException:
        if found.begun is None:
            unfinished.remove(task.mcdir, task.server)
        raise


def slot_of(server: str) -> str:
    """Return the name of the replication slot that keeps the WAL for standby *server*."""
    name = "pgx_mirror_" + re.sub(r"[^a-z0-9_]", "_", server.lower())
    if name == f"pgx_mirror_{server}" and len(name) <= _LONGEST_SLOT:
        return name
    # Two servers whose identifiers differ must not share one.
    return f"{name[: _LONGEST_SLOT - 9]}_{crc32(server.encode()):08x}"


def _look(task: Task, teller: Teller) -> _Found:
    begun = unfinished.of(task.mcdir, task.server)
    if begun is None and unfinished.is_barred(task.data):
        begun = Unfinished(task.data)  # by another management directory, or its copy
    if begun is not None and not unfinished.same(begun.data, task.data):
        raise Failure(
            f"the setup of another data directory was not finished: {quoted(begun.data)}",
            hint="Correct db_instance; or empty that directory by hand, and remove "
            f"{quoted(f'{task.mcdir}/{unfinished.name_of(task.server)}')}.",
        )
    _check_name(task)
    local.check_idle(task.data)
    here = local.look(task.data, task.source.bin_dir)
    told = source.ask(task.source)
    more = source.ask_more(task.source, task.database)
    found = _Found(begun, told, more, here)
    reasons = refusals(_asked(task, found), told, more, here)
    if task.method == REWIND:
        reasons += rewinding.refusals(task, begun is not None, told, more, here)
    if reasons:
        raise Refused(reasons)
    _warn(task.source.name, told, more, teller)
    return found


def _check_name(task: Task) -> None:
    """See that there is a name for synchronous_standby_names before hours are spent."""
    reason = standby_name.fault(task.peer)
    files = (f"{task.data}/{kept.CONF}", f"{task.mcdir}/{kept.name_of(task.server)}")
    if reason and not any(map(os.path.exists, files)):
        raise Failure(
            f"server identifier {quoted(task.peer)} cannot be a standby's name: {reason}",
            hint="Lay a postgresql.conf for this server, with synchronous_standby_names, "
            f"beside network.conf, as {kept.name_of(task.server)}.",
        )


def _asked(task: Task, found: _Found) -> Asked:
    begun = found.begun
    ours = [*found.here.parts, *(wiping.filled(begun.tablespaces) if begun else [])]
    occupied = [
        path for space in found.more.spaces for path in local.occupied(space, ours)
    ]
    return Asked(
        task.server,
        task.peer,
        task.data,
        begun is not None,
        task.one_host,
        tuple(occupied),
        task.source.name,
    )


def _warn(name: str, told: Told, more: More, teller: Teller) -> None:
    if more.why:
        teller.warn(
            Failure(
                "tablespaces and mark of the primary are not looked at",
                detail=f"A session with it is refused: {more.why}.",
                hint="It is not needed; if there are tablespaces, see to it that their "
                "directories are empty on this server.",
            )
        )
    if not (told.names or more.name):
        teller.warn(
            Failure(
                f"whether the primary expects the name {quoted(name)} is not known",
                detail="What synchronous_standby_names is in its postgresql.conf, set or "
                "commented out, cannot be read from here, or is not one name.",
                hint="See to it there: under another name this server never joins.",
            )
        )
    if told.keep == _ENDLESS:
        teller.warn(
            Failure(
                "max_slot_wal_keep_size of the primary is -1",
                detail="While the standby is away, the primary keeps all of its "
                "write-ahead log, until its disk is full.",
                hint="Set it there to what pg_wal's file system can spare.",
            )
        )


def _note(task: Task, found: _Found, slot: str) -> Unfinished:
    """Return what is begun; what an earlier setup has begun is part of it."""
    before = found.begun or Unfinished(task.data)
    wal = found.here.wal or before.wal
    spaces = dict.fromkeys([*before.tablespaces, *found.more.spaces])
    primary = f"{task.source.host}:{task.source.port}"
    return Unfinished(task.data, wal, tuple(spaces), slot, primary)


def _wipe(task: Task, found: _Found) -> None:
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
        source.drop_slot(task.source, note.slot)
    except Failure as ex:
        teller.warn(ex)
        return
    unfinished.remove(task.mcdir, task.server)
