"""Why nothing is restored: decided before anything is touched, all at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.controller import directory_lock
from pgx_mirror.core import wal, wal_files
from pgx_mirror.restore import areas, made_since, source, within
from pgx_mirror.restore.core import road
from pgx_mirror.restore.source import Source
from pgx_mirror.restore.task import Task
from pgx_mirror.setup import local, programs
from pgx_mirror.setup.local import Local
from pgx_postgres import control, tablespaces

_PROGRAMS = ("pg_verifybackup", "pg_waldump", "pg_controldata", "postgres")
_MEGABYTE = 1 << 20
_BY_HAND = "or move by hand what is in the directory, and restore into an empty one"


@dataclass(frozen=True, slots=True)
class Ground:
    """What is restored, to where, and which directory the programs are in."""

    source: Source
    here: Local
    part: str
    programs: str


def ground(task: Task, chosen: Source) -> tuple[Ground, list[Failure]]:
    """Return what a restore goes by, and every reason why it is not begun."""
    reasons: list[Failure] = []
    here = Local(empty=True)
    try:
        here = local.look(task.data)
        check_idle(task.data)
    except Failure as ex:
        reasons.append(ex)
    binaries, why = _binaries(chosen.label.major)
    part = _part(chosen)
    found = Ground(chosen, here, part, binaries)
    reasons += why
    for each in (_of_directory, _of_nesting, _of_spaces, _of_room, _of_log):
        reasons += each(task, found)
    if not reasons:
        reasons += _of_made_since(found)
    return found, reasons


def check_idle(data: str) -> None:
    """Refuse a directory that a controller or a server works on.  Raises Failure.

    Nobody has said which management directory the controller has: it is told.
    """
    if told := directory_lock.controller_of(data):
        raise Failure(
            f"a controller works on data directory {quoted(data)}",
            detail=f"It is that of server {quoted(told.server)}.",
            hint=f"Stop it: mc_ctl stop -M {told.mcdir} --local-server={told.server}.",
        )
    local.check_idle(data)


def _binaries(major: int) -> tuple[str, list[Failure]]:
    try:
        found = programs.directory_of(major, "")
    except Failure as ex:
        return "", [
            Failure(
                f"no programs of PostgreSQL {major} on this server, which the backup is of",
                detail=ex.detail,
                hint="Install that version, or have its programs' directory in PATH.",
            )
        ]
    lacking = [n for n in _PROGRAMS if not os.access(f"{found}/{n}", os.X_OK)]
    if not lacking:
        return found, []
    return found, [Failure(f"there is no {', '.join(lacking)} in {quoted(found)}")]


def _part(chosen: Source) -> str:
    """Return the directory that a tablespace of the backup's instance has; "" where unreadable."""
    try:
        return control.read(f"{chosen.directory}/base").tablespace_directory
    except Failure:
        return ""


def _of_directory(task: Task, at: Ground) -> Iterator[Failure]:
    label, here = at.source.label, at.here
    if not at.part:
        yield Failure(
            f"backup {quoted(label.name)} is not whole: its data directory is none",
            hint="Restore another one by --backup=NAME: see pgx_rcvall -l.",
        )
    if _is_within(task.destination, task.data) or _is_within(
        task.data, task.destination
    ):
        yield Failure(
            "backup destination and data directory lie one within the other",
            detail=f"They are {quoted(task.destination)} and {quoted(task.data)}.",
        )
    if here.empty:
        yield from _of_place(task.data)
        return
    yield from _of_access(task.data, [task.data, *([here.wal] if here.wal else [])])
    if here.system != label.system:
        other = f"system identifier {here.system}" if here.system else "no instance"
        yield Failure(
            f"data directory {quoted(task.data)} is not of the backup's database",
            detail=f"There is {other}; the backup's system identifier is {label.system}.",
            hint=f"Correct -D or -B; {_BY_HAND}.",
        )
    elif here.major != label.major:
        yield Failure(
            f"data directory {quoted(task.data)} is of PostgreSQL {here.major}, and the "
            f"backup of {label.major}",
            hint=f"Choose another backup; {_BY_HAND}.",
        )


def _is_within(one: str, other: str) -> bool:
    a, b = os.path.realpath(one), os.path.realpath(other)
    return a == b or a.startswith(f"{b}/")


def _of_place(data: str) -> Iterator[Failure]:
    """Yield that the directory cannot be made, or be filled."""
    there = os.path.isdir(data)
    place = data if there else os.path.dirname(data)
    make = f"Make {quoted(data)} as the instance administrator's, of mode 0700."
    if not os.path.isdir(place):
        yield Failure(f"there is no directory {quoted(place)}", hint=make)
    elif not os.access(place, os.W_OK | os.X_OK):
        yield Failure(f"cannot write into {quoted(place)}", hint=make)
    elif there and os.stat(data).st_uid != os.geteuid():
        yield Failure(
            f"data directory {quoted(data)} is another user's",
            hint="It must be the instance administrator's, of mode 0700.",
        )


def _of_access(data: str, places: list[str]) -> Iterator[Failure]:
    """Yield what of the old content could not go aside."""
    for place in places:
        if not os.access(place, os.W_OK | os.X_OK):
            yield Failure(f"cannot write into {quoted(place)}")
            continue
        with os.scandir(place) as entries:
            each = sorted(entries, key=lambda entry: entry.name)
        for entry in each:
            if areas.stays(entry.name) or not entry.is_dir(follow_symlinks=False):
                continue
            if os.path.ismount(entry.path):
                yield Failure(
                    f"{quoted(entry.path)} is a mount point, and cannot go aside",
                    hint="Mount it elsewhere, and have a link lead there.",
                )
            elif entry.stat(follow_symlinks=False).st_uid != os.geteuid():
                yield Failure(
                    f"{quoted(entry.path)} is another user's, and cannot go aside",
                    hint=f"Move it out of {quoted(data)}, or give it to this user.",
                )


def _of_nesting(task: Task, at: Ground) -> Iterator[Failure]:
    spaces = [*at.here.spaces, *at.source.label.tablespaces.values()]
    yield from within.problems(task.data, at.here.wal, spaces, task.destination)


def _of_made_since(at: Ground) -> Iterator[Failure]:
    """Yield that the log makes a tablespace where one is.  It is read for that: at last."""
    made = made_since.find(at.source, at.programs)
    known = {*at.here.spaces, *at.source.label.tablespaces.values()}
    yield from made_since.problems(made, known, at.part)


def _of_spaces(task: Task, at: Ground) -> Iterator[Failure]:
    for oid, space in at.source.label.tablespaces.items():
        if not os.path.isdir(space):
            yield Failure(
                f"tablespace {oid} has no directory: {quoted(space)} is not there",
                hint="Mount its file system, or make it as the instance administrator's, "
                "of mode 0700.",
            )
        elif not os.access(space, os.W_OK | os.X_OK | os.R_OK):
            yield Failure(f"cannot write into {quoted(space)}, tablespace {oid}")
        elif space not in at.here.spaces and os.path.lexists(f"{space}/{at.part}"):
            yield made_since.occupied(oid, space, at.part)
    yield from tablespaces.problems(_old_spaces(task, at), at.here.part)


def _old_spaces(task: Task, at: Ground) -> list[tablespaces.Space]:
    """Return the tablespaces of what is there that a restore does not find elsewhere."""
    if at.here.empty or not at.here.part:
        return []
    try:
        found = tablespaces.find(task.data)
    except OSError:
        return []
    known = set(at.source.label.tablespaces.values())
    return [
        one for one in found if one.role != tablespaces.WAL and one.target not in known
    ]


def _of_room(task: Task, at: Ground) -> Iterator[Failure]:
    """Yield that there is no room; what is replaced stays until the new data is whole."""
    wanted: dict[int, int] = {}
    where: dict[int, str] = {}
    trees = [(f"{at.source.directory}/base", task.data)]
    trees += [
        (f"{at.source.directory}/tablespace/{oid}", space)
        for oid, space in at.source.label.tablespaces.items()
        if os.path.isdir(space)
    ]
    for tree, target in trees:
        place = target if os.path.isdir(target) else os.path.dirname(target)
        if os.path.isdir(place):
            device = os.stat(place).st_dev
            wanted[device] = wanted.get(device, 0) + _size(tree)
            where.setdefault(device, place)
    for device, size in wanted.items():
        found = os.statvfs(where[device])
        if size > (room := found.f_bavail * found.f_frsize):
            yield Failure(
                f"there is no room for the backup in {quoted(where[device])}",
                detail=f"It has {_mb(size)}; {_mb(room)} are free there. What is replaced is "
                "kept until the restore has succeeded.",
                hint="Make room; or move by hand what is in the directory to another disk.",
            )


def _size(directory: str) -> int:
    """Return what is in the files below *directory*; no link is followed."""
    total = 0
    for where, _, names in os.walk(directory):
        for name in names:
            total += os.lstat(f"{where}/{name}").st_size
    return total


def _mb(size: int) -> str:
    return f"{size / _MEGABYTE:.0f} MB"


def _of_log(task: Task, at: Ground) -> Iterator[Failure]:
    """Yield that the log has a gap: rows that are behind it would be left out."""
    way, segment = at.source.road, at.source.label.wal_segment_size
    if not way.reaches(source.begin_of(at.source.label)):
        yield Failure(
            f"backup {quoted(at.source.label.name)} lacks log without which it is none: "
            f"{road.in_words(way.missing)}",
            hint="Restore another one by --backup=NAME: see pgx_rcvall -l.",
        )
        return
    if task.up_to_gap:
        return
    yield from _of_timelines(at)
    if not way.missing:
        return
    until = wal_files.first(way.last, segment) + segment  # it reaches: there is one
    bad = [f"{path}: {why}" for path, why in at.source.log.damaged.items()]
    yield Failure(
        f"the write-ahead log has a gap: {road.in_words(way.missing)}",
        detail=f"{_behind(way)} Without the gap's files "
        f"{wal.text(until)} can be reached, the end of file {way.last or 'none'}."
        + (f" {'; '.join(bad)}." if bad else ""),
        hint="Look for them on the other server: its archive, or its pg_wal. To restore "
        "what is before the gap, and give up what is behind it: --up-to-gap.",
    )


def _behind(way: road.Road) -> str:
    if way.newest:
        return f"There is newer log, to {way.newest}."
    return "A timeline begins there, by its file of history, and nothing of it is here."


def _of_timelines(at: Ground) -> Iterator[Failure]:
    """Yield that the newest timeline is not what is recovered: its rows would be left out."""
    log, label = at.source.log, at.source.label
    newest = road.passed_over(source.begin_of(label), log.files, log.histories)
    if newest:
        yield Failure(
            f"backup {quoted(label.name)} cannot be recovered along timeline {newest}, of "
            "which there is log",
            detail=f"There is no sound file {newest:08X}.history."
            if newest not in log.histories
            else "That was begun before the backup was whole.",
            hint="Look for the file, or for a backup of that timeline, on the other server. "
            "To give up what is on it: --up-to-gap.",
        )
