"""What mc_ctl setup finds before it touches anything: all refusals, and what it chooses by."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.checks import finding
from pgx_mirror.core import slot_name, standby_name, wal
from pgx_mirror.core.mark import NEW, OUT, SYNC
from pgx_mirror.data import unrestored
from pgx_mirror.setup import (
    checking,
    commanded,
    controldata,
    keeping,
    kept,
    local,
    programs,
    rewinding,
    room,
    session,
    source,
    unfinished,
    upstream,
    wal_end,
    wiping,
)
from pgx_mirror.setup.choosing import (
    Choice,
    Known,
    Upstream,
    choose,
    no_rewind,
    no_streaming,
)
from pgx_mirror.setup.local import Local
from pgx_mirror.setup.methods import ANEW, CHOSEN, REWIND, STREAMING
from pgx_mirror.setup.refusals import Asked, refusals
from pgx_mirror.setup.session import More
from pgx_mirror.setup.source import Told
from pgx_mirror.setup.task import Refused, Task, Teller, cannot
from pgx_mirror.setup.unfinished import Unfinished

ENDLESS = "-1"
_STANDBYS = (SYNC, OUT, NEW)


@dataclass(frozen=True, slots=True)
class Found:
    """What is there: what was begun earlier, the primary's words, the directory."""

    begun: Unfinished | None
    told: Told
    more: More
    here: Local


def look(task: Task, teller: Teller) -> Found:
    """Return what is there.  Raises Refused where a standby cannot be made, and Failure."""
    unrestored.check(task.data)
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
    more = session.ask_more(task.source, task.database, (*checking.ASKED, room.SIZE))
    found = Found(begun, told, more, here)
    reasons = refusals(_asked(task, found), told, more, here)
    if task.method == REWIND:
        reasons += rewinding.refusals(task, begun is not None, told, more, here)
    reasons += commanded.refusals(task)
    reasons += keeping.refusals(task, told, slot_name.of(task.server))
    checked = checking.findings(task, told, more)
    reasons += finding.errors(checked)
    if reasons:
        raise Refused(reasons)
    _warn(task.source.name, told, more, teller)
    for what in finding.warnings(checked):
        teller.warn(what)
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


def _asked(task: Task, found: Found) -> Asked:
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
    if told.keep == ENDLESS:
        teller.warn(
            Failure(
                "max_slot_wal_keep_size of the primary is -1",
                detail="No slot is made: it would keep the write-ahead log for a standby "
                "that is away until the primary's disk is full. Without one the primary "
                "keeps wal_keep_size of it, also until this server is started.",
                hint="Set it there to what pg_wal's file system can spare.",
            )
        )


def chosen(task: Task, found: Found, slot: str) -> tuple[Choice, Known]:
    """Return the method, and what it was chosen by; *slot* is this server's.

    Raises Refused where the one that was asked for cannot do.
    """
    if task.method in ANEW:
        return Choice(task.method, ()), Known("it is not asked for", _nothing(found))
    known = _known(task, found, slot)
    if task.method == CHOSEN:
        return choose(known), known
    refuses = no_streaming if task.method == STREAMING else no_rewind
    if why := refuses(known):
        raise Refused([cannot(task, why)])
    return Choice(task.method, ()), known


def _nothing(found: Found) -> Upstream:
    return Upstream(found.told.timeline, found.told.position)


def _known(task: Task, found: Found, slot: str) -> Known:
    here, told = found.here, found.told
    if reason := _nothing_to_keep(task, found):
        return Known(reason, _nothing(found), no_rewind=reason)
    binaries = programs.directory_of(told.major, task.source.bin_dir)
    reasons = rewinding.refusals(task, False, told, found.more, here)
    control = controldata.read(task.data, binaries)
    was_standby = control.get(controldata.STATE) in controldata.IN_RECOVERY
    mark = here.mark
    return Known(
        wal_end.find(task.data, binaries),
        upstream.ask(task.source, told, task.database, slot),
        here.signal and was_standby and mark is not None and mark.state in _STANDBYS,
        mark.timeline if mark is not None else 0,
        int(control.get(controldata.SEGMENT, 1 << 24)),
        reasons[0].primary if reasons else "",
        wal.number(control.get(controldata.CHECKPOINT, "0/0")),
    )


def _nothing_to_keep(task: Task, found: Found) -> str:
    """Return why nothing of the directory can be kept, empty where it may."""
    if found.begun is not None:
        return "a setup of it was not finished"
    if found.here.empty:
        return "the data directory is empty"
    if os.path.lexists(f"{task.data}/backup_label"):
        return "it is a copy that was never started"
    if found.told.major != found.here.major:
        return f"it is not of PostgreSQL {found.told.major}, which the primary is"
    return ""
