"""mc_ctl setup --method=rewind: what the primary has not is taken out of this directory.

pg_rewind copies what has changed since both went apart, which is little beside the whole.
While it works the directory is neither this server's nor the primary's, so nothing of it is
undone: what was begun is noted first, and a rewind that is cut short leaves a directory that
mc_ctl start refuses, and that the next setup makes anew by a copy.  Started by hand at 5 it may
be a primary whose names are out: pg_rewind brings the source's conf before standby.signal.

    1. refusals; the primary makes a checkpoint, and nothing is touched
    2. postgresql.conf is kept; what is begun is noted in the management directory, durably
    3. the slot is made anew on the primary: it keeps the WAL until the first start
    4. names set, mark NEW of a new generation, then standby.signal goes: pg_rewind lets a
       server recover the directory that was not stopped cleanly, which that file forbids
    5. pg_rewind, which brings the primary's postgresql.conf and mark
    6. postgresql.conf is put back, the names are set, the mark says NEW, all durable
    7. the note goes
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.data import conf_text, durable, signal_file, steps
from pgx_mirror.setup import (
    copying,
    finishing,
    kept,
    local,
    programs,
    source,
    unfinished,
)
from pgx_mirror.setup.copying import Program
from pgx_mirror.setup.local import Local
from pgx_mirror.setup.source import More, Source, Told
from pgx_mirror.setup.task import Task, Teller
from pgx_mirror.setup.unfinished import Unfinished
from pgx_postgres import control
from pgx_postgres.processes import evidence, instance
from pgx_postgres.running.server import GRANDPARENT
from pgx_postgres.running.stale import stale_pid

_AUTO_CONF = "postgresql.auto.conf"
_INSTEAD = "Leave out --method: a copy needs none of it."
_LOGGED = re.compile(
    r"(?m)^(?:wal_log_hints setting: +on|Data page checksum version: +[1-9]\d*)$"
)
_PG_REWIND = Program(
    "pg_rewind",
    {
        "executing": "the server that was here is recovered first",
        "servers diverged": "both have gone apart",
        "rewinding from": "looking for what has changed since",
        "need to copy": "copying what has changed",
        "syncing": "syncing",
        "no rewind required": "nothing is to be taken out",
    },
)


@dataclass(frozen=True, slots=True)
class _Rewind:
    programs: str
    source: Source
    data: str
    database: str

    @property
    def program(self) -> Program:
        return _PG_REWIND

    @property
    def environ(self) -> dict[str, str]:
        """Have the server that recovers pass over a PID file that is no server's any more."""
        known = evidence.gather(os.geteuid(), self.data)
        stale = stale_pid(known, tuple(instance.processes(known)))
        return {} if stale is None else {GRANDPARENT: str(stale)}

    def line(self) -> list[str]:
        joining = self.source.joining
        conninfo = self.source.conninfo(dbname=self.database, application_name=joining)
        return [
            f"{self.programs}/{self.program.name}",
            f"--target-pgdata={self.data}",
            f"--source-server={conninfo}",
            "--write-recovery-conf",
            "--progress",
        ]


def refusals(
    task: Task, begun: bool, told: Told, more: More, here: Local
) -> list[Failure]:
    """Return why a rewind cannot do, though a copy may; nothing is touched."""
    if here.empty or begun:
        return [
            Failure(
                f"there is nothing to rewind in data directory {quoted(task.data)}",
                detail="A setup of it was not finished." if begun else "It is empty.",
                hint="Leave out --method: it is copied.",
            )
        ]
    return list(_of_instance(task, told, more))


def _of_instance(task: Task, told: Told, more: More) -> Iterator[Failure]:
    if more.why:
        yield Failure(
            "pg_rewind needs a session with the primary's database",
            detail=f"It is refused: {more.why}.",
            hint=_INSTEAD,
        )
    major = _major(task.data)
    if major != told.major:
        yield Failure(
            f"data directory {quoted(task.data)} is of PostgreSQL {major or 'unknown'}, "
            f"and the primary of {told.major}",
            hint=_INSTEAD,
        )
        return
    binaries = programs.directory_of(major, task.source.bin_dir)
    if not os.access(f"{binaries}/{_PG_REWIND.name}", os.X_OK):
        yield Failure(f"there is no pg_rewind in {quoted(binaries)}", hint=_INSTEAD)
    said = programs.run([f"{binaries}/pg_controldata", "-D", task.data])
    if not _LOGGED.search(said.stdout):
        yield Failure(
            f"data directory {quoted(task.data)} has not logged what a rewind needs",
            detail="It has neither checksums nor run with wal_log_hints on.",
            hint="Leave out --method this time, and set wal_log_hints on both servers.",
        )


def _major(data: str) -> int:
    try:
        return control.read_major(data)
    except Failure:
        return 0


def rewind(
    task: Task,
    told: Told,
    binaries: str,
    note: Unfinished,
    lock_fd: int,
    teller: Teller,
) -> None:
    """Make the standby; *lock_fd* is handed on to pg_rewind.  Raises Failure."""
    place = local.which(task.data)
    teller.say("waiting for the primary's checkpoint")
    source.make_checkpoint(task.source, task.database)
    kept.save(task.mcdir, task.server, task.data)
    unfinished.write(task.mcdir, task.server, note)
    try:
        source.keep_by_slot(task.source, note.slot)
        _give_up(task, told)
        what = _Rewind(binaries, task.source, task.data, task.database)
        copying.copy(what, lock_fd, teller.say)
        local.check_same(task.data, place)
        _stream_by(task.data, note.slot)
        finishing.finish(task, told, binaries, teller)
    except BaseException:
        teller.warn(
            Failure(
                f"data directory {quoted(task.data)} is not whole",
                hint="Run mc_ctl setup again, without --method: it is copied then.",
            )
        )
        raise
    unfinished.remove(task.mcdir, task.server)


def _give_up(task: Task, told: Told) -> None:
    """Promise nothing any more, and be no standby: in this order, durably."""
    dir_fd = steps.open_directory(task.data)
    try:
        finishing.promise_nothing(task, told, dir_fd)
        signal_file.remove(dir_fd)
    except conf_text.NoName as ex:
        raise Failure(f"could not set synchronous_standby_names: {ex}") from ex
    except OSError as ex:
        raise Failure(
            f"could not write into data directory {quoted(task.data)}: {ex.strerror}"
        ) from ex
    finally:
        os.close(dir_fd)


def _stream_by(data: str, slot: str) -> None:
    """Have it stream by *slot*: pg_rewind has written all but that.  Raises Failure."""
    try:
        dir_fd = steps.open_directory(data)
        try:
            line = f"primary_slot_name = '{slot}'\n".encode()
            durable.write(dir_fd, _AUTO_CONF, durable.read(dir_fd, _AUTO_CONF) + line)
        finally:
            os.close(dir_fd)
    except OSError as ex:
        path = f"{data}/{_AUTO_CONF}"
        raise Failure(f"could not write file {quoted(path)}: {ex.strerror}") from ex
