"""pgx_rcvall: a data directory put back from a backup, and recovered to the end of the log.

    1. the backup is chosen, the log followed, the directory looked at: all refusals, and
       nothing is touched
    2. what is begun is noted in the data directory, durably; no server starts there; the
       tablespaces' old parts go aside
    3. the backup is copied, and verified beside that
    4. a server of ours recovers the copy, is stopped cleanly; all is synced
    5. noted: the old data goes aside, the new one takes its place, the old one is removed
    6. the note goes

    ended at   what is whole    put right by
    1          what was there   nobody needs to
    2 to 4     the old data     the next pgx_rcvall, which puts it back, and begins anew
    5          the new data     the next pgx_rcvall, which goes on
A restore that fails, or is ended by a signal that can be heeded, puts the old data back;
from 5 on only a kill ends it.
mc_ctl start and the controller refuse the directory while the note is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from pgx_base.text import quoted
from pgx_mirror.backup import locking
from pgx_mirror.core import wal
from pgx_mirror.core.mark import GIVEN, SYNC
from pgx_mirror.data import bar
from pgx_mirror.restore import (
    archiving,
    areas,
    copying,
    exchanging,
    holding,
    keeping,
    note,
    recovering,
    refusals,
    source,
    syncing,
    verifying,
)
from pgx_mirror.restore.calls import Calls
from pgx_mirror.restore.note import MAKING, REPLACING, Note
from pgx_mirror.restore.refusals import Ground
from pgx_mirror.restore.task import Refused, Task, Teller


@dataclass(frozen=True, slots=True)
class Restored:
    """What stands now: which *backup* was restored, and up to which position of the log.

    position  empty where an earlier restore was finished
    own_conf  its postgresql.conf is the one that was in the data directory
    """

    backup: str
    position: str = ""
    own_conf: bool = False


def restore(task: Task, teller: Teller, heeded: Heeded) -> Restored:
    """Restore.  Raises Refused where nothing was touched, Failure, and what *heeded* raises."""
    with _in_words(task.data):
        if finished := settle(task, teller):
            return Restored(finished)
        with locking.kept(task.destination):
            with heeded.ending():
                at = _look(task, teller)
            _make(task.data)
            with holding.held(task.data) as dir_fd:
                return _restore(task, at, dir_fd, teller, heeded)


@contextmanager
def _in_words(data: str) -> Iterator[None]:
    """Let what the system refuses be told as a failure."""
    try:
        yield
    except OSError as ex:
        where = os.fsdecode(ex.filename) if ex.filename else data
        raise Failure(
            f"could not restore into {quoted(data)}: {ex.strerror}",
            detail=f"It was about {quoted(where)}.",
            hint="Mend the cause, and run pgx_rcvall again.",
        ) from ex


def settle(task: Task, teller: Teller) -> str:
    """Put right what an earlier restore has left; return the backup where that is finished."""
    if not os.path.isdir(task.data):
        return ""
    with holding.held(task.data) as dir_fd:
        found = note.read(dir_fd, task.data)
        if found is None:
            note.remove(
                dir_fd
            )  # what one has left that was killed as it wrote its first
            return ""
        if found.stage == MAKING:
            teller.say("an earlier restore was not finished: the old data is put back")
            areas.remove(f"{task.data}/{areas.LOG}")
            exchanging.undo(task.data, found, dir_fd, _calls(teller))
            return ""
        teller.say("an earlier restore was not finished: it goes on")
        exchanging.go_on(task.data, found, dir_fd)
        return found.backup


def _look(task: Task, teller: Teller) -> Ground:
    """Return what is restored by.  Raises Refused, Failure."""
    there = source.look(task.destination)
    label = source.choose(task.destination, there, task.name)
    chosen = source.follow(task.destination, label, task.data)
    at, reasons = refusals.ground(task, chosen)
    if reasons:
        raise Refused(reasons)
    for path, why in chosen.log.damaged.items():
        teller.warn(Failure(f"archived file {quoted(path)} cannot be used: {why}"))
    _warn(at, teller)
    return at


def _warn(at: Ground, teller: Teller) -> None:
    """Say what the mark of the old data makes doubtful: another way may lose nothing."""
    state = at.here.mark.state if at.here.mark is not None else ""
    if state == SYNC:
        teller.warn(
            Failure(
                "the data directory is that of a standby in sync, with every row that was "
                "acknowledged",
                hint="Where its data is sound, nothing need be restored: mc_ctl start "
                "--mc-only, then mc_ctl switch.",
            )
        )
    if state == GIVEN:
        teller.warn(
            Failure(
                "this server was deposed: the other one was the primary last",
                hint="See mc_ctl last-primary.",
            )
        )


def _make(data: str) -> None:
    if not os.path.isdir(data):
        os.mkdir(data, 0o700)
        areas.sync(os.path.dirname(data))


def _restore(
    task: Task, at: Ground, dir_fd: int, teller: Teller, heeded: Heeded
) -> Restored:
    begun = _note(task, at)
    note.write(dir_fd, begun)
    try:
        with heeded.ending():
            done = _renew(task, at, begun, dir_fd, teller, heeded)
    except BaseException:
        _take_back(task.data, begun, dir_fd, teller)
        raise
    exchanging.go_on(task.data, replace(begun, stage=REPLACING), dir_fd)
    return done


def _renew(
    task: Task, at: Ground, begun: Note, dir_fd: int, teller: Teller, heeded: Heeded
) -> Restored:
    """Make the new data, whole, and have it on disk."""
    refusals.check_idle(task.data)  # one that began since sees the note
    if begun.major:
        bar.put(dir_fd, bar.RESTORE)
    areas.set_aside(begun)
    source_of = at.source.directory, begun.backup, at.programs
    with verifying.verifying(*source_of) as it, copying.Ahead() as ahead:
        own_conf = _copy(task, at, begun, ahead, teller)
        position = _recover(task, at, teller, heeded)
        it.check()
        ahead.check()
    archiving.archive(at.source, task.data, task.destination, position, teller.warn)
    teller.say("syncing")
    syncing.sync(_made(task, at, begun))
    return Restored(begun.backup, wal.text(position), own_conf)


def _calls(teller: Teller) -> Calls:
    return Calls(teller.say, teller.warn)


def _note(task: Task, at: Ground) -> Note:
    """Return what is begun, with every tablespace of the old data and of the backup."""
    here = at.here
    spaces = dict.fromkeys([*here.spaces, *at.source.label.tablespaces.values()])
    has = [space for space in spaces if os.path.lexists(f"{space}/{at.part}")]
    return Note(
        MAKING,
        at.source.label.name,
        0 if here.empty else here.major,
        at.part,
        here.wal,
        tuple(has),
        tuple(space for space in spaces if space not in has),
    )


def _copy(
    task: Task, at: Ground, begun: Note, ahead: copying.Ahead, teller: Teller
) -> bool:
    """Copy the backup; whether the postgresql.conf that is there stays."""
    teller.say(f"copying backup {quoted(begun.backup)}")
    found = at.source
    new = areas.new(task.data)
    behind = areas.new(begun.wal) if begun.wal else ""
    what = copying.Copy(found.directory, found.label, new, behind, at.part)
    copying.copy(what, ahead, teller.say)
    return keeping.settle(new, task.data)


def _recover(task: Task, at: Ground, teller: Teller, heeded: Heeded) -> int:
    found, data = at.source, task.data
    teller.say(f"recovering, to the end of file {found.road.last}")
    what = recovering.Recovery(
        areas.new(data),
        at.programs,
        found.label.major,
        found.label.wal_segment_size,
        found.log,
        found.road,
        f"{data}/{areas.LINKS}",
        f"{data}/{areas.OUTPUT}",
        task.up_to_gap,
    )
    try:
        return recovering.recover(what, _calls(teller), heeded.waiting)
    except Failure:
        if not at.here.empty:  # one that was empty is to be empty again
            os.replace(what.output, f"{data}/{areas.LOG}")
        raise


def _made(task: Task, at: Ground, begun: Note) -> list[str]:
    """Return the directories that are new, or that the recovery has written into."""
    found = [areas.new(area) for area in areas.areas(task.data, begun)]
    spaces = [
        *begun.replaced,
        *begun.fresh,
        *exchanging.made_by_recovery(found[0], begun),
    ]
    parts = [areas.part(space, begun) for space in spaces]
    return [*found, *(path for path in parts if os.path.isdir(path))]


def _take_back(data: str, begun: Note, dir_fd: int, teller: Teller) -> None:
    """Put the old data back; what cannot be is left to the next restore."""
    teller.say("putting back what was there")
    try:
        exchanging.undo(data, begun, dir_fd, _calls(teller))
    except (OSError, Failure) as ex:
        why = ex.primary if isinstance(ex, Failure) else ex.strerror
        teller.warn(
            Failure(
                f"could not put back what was in data directory {quoted(data)}: {why}",
                detail="It is whole, and not in its place: nothing is started there.",
                hint="Mend the cause, and run pgx_rcvall again.",
            )
        )
