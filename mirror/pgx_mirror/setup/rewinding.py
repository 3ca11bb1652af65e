"""mc_ctl setup by a rewind: what the primary has not is taken out of this directory.

pg_rewind copies what has changed since both went apart, which is little beside the whole.
While it works the directory is neither this server's nor the primary's, so nothing of it is
undone: what was begun is noted first, and a rewind that is cut short leaves a directory that
mc_ctl start refuses, and that the next setup makes anew by a copy.

    1. refusals; the slot keeps the primary's WAL until the first start (`keeping`); the
       primary makes a checkpoint
    2. postgresql.conf is kept
    3. what is begun is noted in the management directory, durably
    4. names set, mark NEW of a new generation, then standby.signal goes, which a recovery
       by a server of one user forbids
    5. such a server recovers what was not stopped cleanly
    6. the directory is barred: no server starts on it any more
    7. pg_rewind, which brings the primary's postgresql.conf and mark; the WAL that is to be
       replayed is looked for
    8. postgresql.conf is put back, names set, mark NEW, standby.signal there, all durable
    9. the bar is lifted
    10. the note goes

    cut short after  started by pg_ctl             started by mc_ctl, set up again
    1, 2             as it was before              as it was before
    3                as it was before              refused; copied
    4, 5             a primary that waits for one  refused; copied
    6 to 8           refused: another version      refused; copied
    9                the standby                   refused; copied
    10               the standby                   the standby
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from pgx_base.text import quoted
from pgx_mirror.core import slot_name
from pgx_mirror.data import bar, conf_text, signal_file, steps
from pgx_mirror.setup import (
    controldata,
    copying,
    finishing,
    kept,
    local,
    needed,
    programs,
    source,
    streaming,
    unfinished,
)
from pgx_mirror.setup.choosing import Known
from pgx_mirror.setup.copying import Program
from pgx_mirror.setup.local import Local
from pgx_mirror.setup.methods import REWIND
from pgx_mirror.setup.session import More
from pgx_mirror.setup.source import Source, Told
from pgx_mirror.setup.task import Task, Teller
from pgx_mirror.setup.unfinished import Unfinished
from pgx_postgres import control
from pgx_postgres.processes import evidence, instance
from pgx_postgres.running.server import GRANDPARENT
from pgx_postgres.running.stale import stale_pid

_INSTEAD = "Give --method=copy, or leave it out: a copy needs none of it."
_PG_REWIND = Program(
    "pg_rewind",
    {
        "servers diverged": "both have gone apart",
        "rewinding from": "looking for what has changed since",
        "need to copy": "copying what has changed",
        "syncing": "syncing",
        "no rewind required": "nothing is to be taken out",
    },
    primary="could not rewind the data directory",
)
_POSTGRES = Program("postgres", {}, primary="could not recover the data directory")
_CLEAN = (control.SHUT_DOWN, control.SHUT_DOWN_IN_RECOVERY)


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
        return {}

    def line(self) -> list[str]:
        joining = self.source.joining
        conninfo = self.source.conninfo(dbname=self.database, application_name=joining)
        return [
            f"{self.programs}/{self.program.name}",
            f"--target-pgdata={self.data}",
            f"--source-server={conninfo}",
            "--no-ensure-shutdown",
            "--write-recovery-conf",
            "--progress",
        ]


@dataclass(frozen=True, slots=True)
class _Recovery:
    """What pg_rewind would do itself, of a directory that it finds barred."""

    programs: str
    data: str

    @property
    def program(self) -> Program:
        return _POSTGRES

    @property
    def environ(self) -> dict[str, str]:
        """Have it pass over a PID file that is no server's any more."""
        known = evidence.gather(os.geteuid(), self.data)
        stale = stale_pid(known, tuple(instance.processes(known)))
        return {} if stale is None else {GRANDPARENT: str(stale)}

    def line(self) -> list[str]:
        # Synced, other than by pg_rewind itself, which syncs nothing where it finds nothing
        # to take out; power that fails leaves what is called a server's that was stopped.
        binary = f"{self.programs}/{self.program.name}"
        return [binary, "--single", "-D", self.data, "template1"]


def refusals(
    task: Task, begun: bool, told: Told, more: More, here: Local
) -> list[Failure]:
    """Return why a rewind cannot do, though a copy may; nothing is touched."""
    if here.empty or begun:
        return [
            Failure(
                f"there is nothing to rewind in data directory {quoted(task.data)}",
                detail="A setup of it was not finished." if begun else "It is empty.",
                hint="Leave out --method: it is copied then.",
            )
        ]
    return list(_of_instance(task, told, more, here.major))


def _of_instance(task: Task, told: Told, more: More, major: int) -> Iterator[Failure]:
    if more.why:
        yield Failure(
            "pg_rewind needs a session with the primary's database",
            detail=f"It is refused: {more.why}.",
            hint=_INSTEAD,
        )
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
    if not _is_logged(controldata.read(task.data, binaries)):
        yield Failure(
            f"data directory {quoted(task.data)} has not logged what a rewind needs",
            detail="It has neither checksums nor run with wal_log_hints on.",
            hint="Leave out --method this time, and set wal_log_hints on both servers.",
        )


def _is_logged(control: Mapping[str, str]) -> bool:
    """Whether the log has each page that has changed, hints included."""
    checksums = control.get(controldata.CHECKSUMS, "0")
    return checksums != "0" or control.get(controldata.HINTS) == "on"


def rewind(
    task: Task,
    told: Told,
    known: Known,
    binaries: str,
    note: Unfinished,
    lock_fd: int,
    teller: Teller,
    heeded: Heeded,
) -> None:
    """Make the standby; *lock_fd* is handed on to pg_rewind.

    Raises Failure, and what *heeded* raises.
    """
    place = local.which(task.data)
    _have_checkpoint(task, known, note.slot, teller, heeded)
    unfinished.write(task.mcdir, task.server, note)
    begun = False
    try:
        with heeded.ending():
            begun = True
            _give_up(task, told)
            _recover(task, binaries, lock_fd, teller)
            with _directory(task.data) as dir_fd:
                bar.put(dir_fd)
            what = _Rewind(binaries, task.source, task.data, task.database)
            copying.copy(what, lock_fd, teller.say)
            local.check_same(task.data, place)
            needed.check(task, note.slot, known.segment)
            streaming.stream_by(task.data, "", note.slot)
            finishing.finish(task, told, binaries, teller)
        with _directory(task.data) as dir_fd:
            bar.lift(dir_fd, told.major)
    except BaseException as ex:
        if not begun:
            unfinished.remove(task.mcdir, task.server)
        elif task.method == REWIND or not isinstance(ex, Failure):
            teller.warn(
                Failure(
                    f"data directory {quoted(task.data)} is not whole",
                    hint="Run mc_ctl setup again, without --method: it is copied then.",
                )
            )
        raise
    unfinished.remove(task.mcdir, task.server)


def _have_checkpoint(
    task: Task, known: Known, slot: str, teller: Teller, heeded: Heeded
) -> None:
    """Have the primary make one, and keep what is this server's own.

    A slot that was made for this rewind goes if that fails.  Where none is to be there, one
    that is would keep the log for ever.
    """
    teller.say("waiting for the primary's checkpoint")
    try:
        with heeded.ending():
            source.make_checkpoint(task.source, task.database)
            kept.save(task.mcdir, task.server, task.data)
    except BaseException:  # ^C as well: a checkpoint may take long
        if slot and known.upstream.slot is None:
            source.drop_slot(task.source, slot)
        raise
    if not slot:
        source.drop_slot(task.source, slot_name.of(task.server))


def _give_up(task: Task, told: Told) -> None:
    """Promise nothing any more, and be no standby: in this order, durably."""
    with _directory(task.data) as dir_fd:
        finishing.promise_nothing(task, told, dir_fd)
        signal_file.remove(dir_fd)


def _recover(task: Task, binaries: str, lock_fd: int, teller: Teller) -> None:
    """Have the directory as a server leaves it that is stopped cleanly."""
    if control.read_state(task.data) in _CLEAN:
        return
    teller.say("the server that was here is recovered first")
    copying.copy(_Recovery(binaries, task.data), lock_fd, teller.say)


@contextmanager
def _directory(data: str) -> Iterator[int]:
    """Yield a descriptor of the data directory; what fails in it becomes a Failure."""
    dir_fd = -1
    try:
        dir_fd = steps.open_directory(data)
        yield dir_fd
    except conf_text.NoName as ex:
        raise Failure(f"could not set synchronous_standby_names: {ex}") from ex
    except OSError as ex:
        raise Failure(
            f"could not write into data directory {quoted(data)}: {ex.strerror}"
        ) from ex
    finally:
        if dir_fd >= 0:
            os.close(dir_fd)
