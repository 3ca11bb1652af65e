"""The data directory as it is before a setup: whose it is, and what of it lies elsewhere."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from dataclasses import dataclass

from pgx_base import files
from pgx_base.failure import Failure
from pgx_base.idents import Key
from pgx_base.text import quoted
from pgx_mirror.core import mark as marks
from pgx_mirror.core.judged import SIGNAL
from pgx_mirror.core.mark import Mark
from pgx_mirror.core.report import NAMES_OUT
from pgx_mirror.data import conf_file, signal_file, steps
from pgx_mirror.setup import controldata, programs
from pgx_postgres import control, tablespaces
from pgx_postgres.processes import evidence, holdings, instance


@dataclass(frozen=True, slots=True)
class Local:
    """What is there.

    empty     nothing, or not even the directory
    mark      the mark, whosever it is; None without one that can be read
    system    the system identifier that pg_control has, empty without one
    wal       where pg_wal leads to, empty where it is a directory of its own
    spaces    where the tablespaces lie
    part      the directory that each of them has for this instance's version
    timeline  PostgreSQL's timeline at the last checkpoint, 0 where that cannot be told
    signal    standby.signal is there
    major     PostgreSQL's major version, 0 where that cannot be told
    loose     as a primary it would wait for nobody: its names are out
    """

    empty: bool
    mark: Mark | None = None
    system: str = ""
    wal: str = ""
    spaces: tuple[str, ...] = ()
    part: str = ""
    timeline: int = 0
    loose: bool = False
    signal: bool = False
    major: int = 0

    @property
    def parts(self) -> tuple[str, ...]:
        """This instance's own directories in its tablespaces."""
        if not self.part:
            return ()
        return tuple(f"{space}/{self.part}" for space in self.spaces)


def look(data: str, bin_dir: str = "") -> Local:
    """Return what is in the data directory *data*; *bin_dir* has PostgreSQL's programs.

    Raises Failure.
    """
    try:
        names = os.listdir(data)
    except FileNotFoundError:
        return Local(empty=True)
    except OSError as ex:
        raise Failure(
            f"could not look into data directory {quoted(data)}: {ex.strerror}"
        ) from ex
    if not names:
        return Local(empty=True)
    wal, spaces = _elsewhere(data)
    system, part = _identity(data)
    timeline = _timeline(data, bin_dir) if system else 0
    mark, loose = _mark(data), _is_loose(data)
    signal = os.path.exists(f"{data}/{SIGNAL}")
    return Local(
        False, mark, system, wal, spaces, part, timeline, loose, signal, _major(data)
    )


def is_empty(data: str) -> bool:
    """Whether nothing is in the directory *data*, or it is not there; unreadable it is not."""
    try:
        return not os.listdir(data)
    except OSError as ex:
        return isinstance(ex, FileNotFoundError)


def occupied(space: str, ours: Iterable[str]) -> list[str]:
    """Return what is in the directory *space* beside the paths *ours*.  Raises Failure."""
    try:
        names = os.listdir(space)
    except FileNotFoundError:
        return []
    except OSError as ex:
        raise Failure(
            f"could not look into tablespace {quoted(space)}: {ex.strerror}"
        ) from ex
    return sorted({f"{space}/{name}" for name in names} - set(ours))


def which(data: str) -> Key | None:
    """Return which directory is at the path *data*, None where none is."""
    return holdings.key(data)


def check_same(data: str, before: Key | None) -> None:
    """Refuse another directory at the path *data* than *before*.  Raises Failure.

    What a setup goes on with, or takes back, is what it has begun with: file systems may be
    unmounted, and directories renamed, in the hours that a copy takes.
    """
    if before is not None and which(data) != before:
        raise Failure(
            f"another directory is at the path of data directory {quoted(data)}",
            detail="It is not the one that this setup began with, and is left as it is.",
            hint="Put that one back, or mount its file system, and run setup again.",
        )


def postmaster(data: str) -> int:
    """Return the postmaster that runs on the data directory *data*, 0 where none does."""
    there = instance.processes(evidence.gather(os.geteuid(), data))
    return next((head.pid for head in instance.postmasters(there)), 0)


def check_idle(data: str) -> None:
    """Refuse a directory that a server, or what one has left, works on.  Raises Failure.

    PostgreSQL itself would not start beside the latter, by a file that is to be emptied too.
    """
    if _is_locked(f"{data}/{marks.LOCK}"):
        raise Failure(
            f"a controller works on data directory {quoted(data)}",
            detail="It is another management directory's.",
            hint="Stop it: mc_ctl stop -M that directory.",
        )
    there = instance.processes(evidence.gather(os.geteuid(), data))
    if heads := instance.postmasters(there):
        raise Failure(
            f"a server runs on data directory {quoted(data)}",
            detail=f"Its postmaster is process {heads[0].pid}; no controller runs.",
            hint=f"Stop it: pg_ctl stop -D {data}.",
        )
    if there:
        raise Failure(
            f"processes of a server that has ended work on data directory {quoted(data)}",
            detail=f"Processes: {', '.join(str(one.pid) for one in there)}.",
            hint="End them: what they have in memory they would write into the copy.",
        )


def _is_locked(path: str) -> bool:
    """Whether a controller holds its lock; where that cannot be told nobody does."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(fd)
    return False


def _mark(data: str) -> Mark | None:
    try:
        dir_fd = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with open(files.open_regular(dir_fd, marks.FILE), "rb") as file:
                return marks.decode(file.read())
        finally:
            os.close(dir_fd)
    except (OSError, marks.Broken):
        return None


def _is_loose(data: str) -> bool:
    """Whether it is no standby and its names are out; where that cannot be told it is not."""
    try:
        dir_fd = steps.open_directory(data)
        try:
            out = conf_file.read(dir_fd).state == NAMES_OUT
            return out and not signal_file.is_there(dir_fd)
        finally:
            os.close(dir_fd)
    except (OSError, Failure):
        return False


def _identity(data: str) -> tuple[str, str]:
    try:
        found = control.read(data)
    except Failure:
        return "", ""
    return str(found.system_identifier), found.tablespace_directory


def _major(data: str) -> int:
    try:
        return control.read_major(data)
    except Failure:
        return 0


def _timeline(data: str, bin_dir: str) -> int:
    try:
        binaries = programs.directory_of(control.read_major(data), bin_dir)
    except Failure:
        return 0
    return int(controldata.read(data, binaries).get(controldata.TIMELINE, 0))


def _elsewhere(data: str) -> tuple[str, tuple[str, ...]]:
    try:
        found = tablespaces.find(data)
    except OSError:
        found = []  # what is left of an instance may lack its directory of links
    paths = {space.role: os.path.normpath(space.target) for space in found}
    wal = paths.pop(tablespaces.WAL, "")
    is_link = os.path.islink(f"{data}/pg_wal")
    return wal if is_link else "", tuple(paths.values())
