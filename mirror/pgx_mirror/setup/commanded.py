"""mc_ctl setup by a command: it restores a backup, and what came is looked at.

For those who have pgBackRest, Barman or the like.  The directory is emptied before, as for a
copy, and the same is done afterwards; in between the backup may be of any age, so it is
seen that it is of the primary's database and line, that it is whole by what a server goes
by, and that the write-ahead log it needs is to be had: in it, from the primary, or by
restore_command.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.commands import sound
from pgx_mirror.core import wal
from pgx_mirror.setup import (
    controldata,
    copying,
    keeping,
    local,
    needed,
    source,
    streaming,
    upstream,
    would_have,
)
from pgx_mirror.setup.choosing import Upstream
from pgx_mirror.setup.copying import Program
from pgx_mirror.setup.methods import COMMAND
from pgx_mirror.setup.source import Told
from pgx_mirror.setup.task import Task, Teller
from pgx_mirror.setup.would_have import Place
from pgx_postgres import control

_LABEL = "backup_label"
_START = re.compile(r"(?m)^START WAL LOCATION: ([0-9A-F]+/[0-9A-F]+) ")
_TIMELINE = re.compile(r"(?m)^START TIMELINE: ([0-9]+)$")
_CLEAN = ("shut down", "shut down in recovery")
_RESTORE = "restore_command"
_TARGETS = ("", "_lsn", "_name", "_time", "_xid")
_ASKED = (_RESTORE, *(f"recovery_target{each}" for each in _TARGETS))
_INITDB = Program("initdb", {}, primary="could not sync the data directory")


@dataclass(frozen=True, slots=True)
class _Restore:
    """The command: *words*, and what its environment has besides."""

    words: tuple[str, ...]
    environ: Mapping[str, str]

    @property
    def program(self) -> Program:
        name = os.path.basename(self.words[0])
        return Program(
            name,
            {},
            primary="the command could not restore the data directory",
            tells_all=True,
        )

    def line(self) -> list[str]:
        return list(self.words)


@dataclass(frozen=True, slots=True)
class _Sync:
    """What PostgreSQL has for syncing all of a data directory, tablespaces included."""

    programs: str
    data: str
    environ: Mapping[str, str]

    @property
    def program(self) -> Program:
        return _INITDB

    def line(self) -> list[str]:
        return [f"{self.programs}/initdb", "--sync-only", "-D", self.data]


@dataclass(frozen=True, slots=True)
class Start:
    """Where recovery of what came begins, on which timeline."""

    timeline: int
    position: int


def refusals(task: Task) -> list[Failure]:
    """Return why the command is not to be run; nothing is touched."""
    if task.method != COMMAND or not (why := sound.fault(task.command[0])):
        return []
    path = task.command[0]
    return [Failure(f"command {quoted(path)} cannot be called: {why}", hint=sound.HINT)]


def restore(task: Task, lock_fd: int, teller: Teller) -> None:
    """Run the command, telling what it says; *lock_fd* is handed on.  Raises Failure."""
    environ = {
        "PGDATA": task.data,
        "PGX_SERVER": task.server,
        "PGX_PRIMARY_HOST": task.source.host,
        "PGX_PRIMARY_PORT": task.source.port,
    }
    teller.say(f"restoring by {quoted(' '.join(task.command))}")
    copying.copy(_Restore(task.command, environ), lock_fd, teller.say)


def follow(
    task: Task, told: Told, binaries: str, slot: str, lock_fd: int, teller: Teller
) -> None:
    """Have what came follow the primary by *slot*, empty for none.  Raises Failure."""
    local.check_idle(task.data)
    _check_whose(task, told)
    start = start_of(task.data, binaries)
    ours = upstream.ask(task.source, source.ask(task.source), task.database, slot)
    if why := apart(start, ours):
        raise Failure(
            "what the command has restored is not of the primary's line",
            detail=f"{why[0].upper()}{why[1:]}.",
            hint="Restore a backup that was made on the primary, or before it was promoted.",
        )
    _forget_recovery(task.data)
    streaming.stream_by(task.data, streaming.conninfo(task), slot)
    teller.say("syncing")
    copying.copy(_Sync(binaries, task.data, {}), lock_fd, teller.say)


def check_log(task: Task, told: Told, binaries: str, slot: str, teller: Teller) -> None:
    """See that the log is to be had that what came needs: by its settings.  Raises Failure.

    A server that lacks it waits for it for ever, and tells nobody.
    """
    values = _settings(task.data, binaries)
    if targets := [one for one in _ASKED[1:] if values[one]]:
        raise Failure(
            f"{targets[0]} is set in what the command has restored",
            detail="A standby would end its recovery there, and follow no primary.",
            hint="Restore without a target.",
        )
    if values[_RESTORE]:
        teller.say("what the primary has no more is fetched by restore_command")
        return
    start = start_of(task.data, binaries)
    segment = int(controldata.read(task.data, binaries)[controldata.SEGMENT])
    missing = needed.missing(task.data, start.position, segment)
    has = needed.streamed(task, slot, segment)
    if missing < has:
        raise Failure(
            "the primary no longer has the write-ahead log that the backup needs",
            detail=f"It has that from {wal.text(has)} on; the backup needs it from "
            f"{wal.text(missing)}, and restore_command is not set.",
            hint="Restore a newer backup, or set restore_command in this server's "
            "postgresql.conf.",
        )
    if slot:
        first = start.position - start.position % segment
        keeping.hold(task, told, slot, max(first, has))


def _settings(data: str, binaries: str) -> dict[str, str]:
    try:
        return would_have.ask(Place(binaries, data), _ASKED, {}, {})
    except Failure as ex:
        raise Failure(
            f"what the command has restored cannot be started: {ex.primary}",
            hint="Its postgresql.conf is this server's own, where it had one.",
        ) from ex


def _check_whose(task: Task, told: Told) -> None:
    try:
        found, major = control.read(task.data), control.read_major(task.data)
    except Failure as ex:
        raise Failure(
            "the command has restored no data directory",
            detail=f"{ex.primary[0].upper()}{ex.primary[1:]}.",
            hint=f"It must put it into {quoted(task.data)}: PGDATA, or %D, has the path.",
        ) from ex
    if major != told.major:
        raise Failure(
            f"what the command has restored is of PostgreSQL {major}, and the primary of "
            f"{told.major}"
        )
    if str(found.system_identifier) != told.system:
        raise Failure(
            "what the command has restored is of another database",
            detail=f"Its system identifier is {found.system_identifier}, the primary's "
            f"{told.system}.",
        )


def start_of(data: str, binaries: str) -> Start:
    """Return where recovery of *data* begins.  Raises Failure where it is not whole."""
    try:
        with open(f"{data}/{_LABEL}", encoding="utf-8", errors="replace") as file:
            text = file.read()
    except FileNotFoundError:
        return _start_by_control(controldata.read(data, binaries))
    except OSError as ex:
        raise Failure(
            f"could not read file {quoted(ex.filename)}: {ex.strerror}"
        ) from ex
    at, timeline = _START.search(text), _TIMELINE.search(text)
    if at is None or timeline is None:
        raise Failure(f"file {quoted(f'{data}/{_LABEL}')} cannot be understood")
    return Start(int(timeline[1]), wal.number(at[1]))


def _start_by_control(found: Mapping[str, str]) -> Start:
    state = found.get(controldata.STATE, "unknown")
    if state not in _CLEAN:
        raise Failure(
            f"what the command has restored has no {_LABEL}",
            detail=f"Its server was not stopped either: pg_control says {state}. Files "
            "that were copied while it ran need one.",
            hint="Make backups by pg_backup_start and pg_backup_stop, as pgBackRest, "
            "Barman and pg_basebackup do.",
        )
    timeline = int(found[controldata.TIMELINE])
    return Start(timeline, wal.number(found[controldata.CHECKPOINT]))


def apart(start: Start, upstream: Upstream) -> str:
    """Return why the primary has not come along *start*, empty where it has."""
    came = dict(upstream.before) | {upstream.timeline: upstream.flushed}
    if start.timeline not in came:
        return f"the primary has not come along its timeline {start.timeline}"
    if start.position > came[start.timeline]:
        return (
            f"it begins at {wal.text(start.position)} of timeline {start.timeline}, and the "
            f"primary left that at {wal.text(came[start.timeline])}"
        )
    return ""


def _forget_recovery(data: str) -> None:
    """Leave it no other kind of recovery than a standby's."""
    try:
        os.unlink(f"{data}/recovery.signal")  # standby.signal, made next, is synced
    except FileNotFoundError:
        pass
    except OSError as ex:
        raise Failure(
            f"could not write into data directory {quoted(data)}: {ex.strerror}"
        ) from ex
