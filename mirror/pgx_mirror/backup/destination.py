"""Where backups go: whether it may be there, and what is made in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.backup import places
from pgx_mirror.conf.place import lies_in
from pgx_mirror.setup.room import available, megabytes

_PARAMETER = "backup_destination"


def problems(path: str, beside: Mapping[str, str]) -> list[Failure]:
    """Return why backups cannot go to *path*, an absolute one.

    *beside*: what it may not lie in, nor have inside, by what people call it.
    """
    try:
        status = os.stat(path)
    except OSError as ex:
        return [
            Failure(
                f"could not open {_PARAMETER} {quoted(path)}: {ex.strerror}",
                hint="Mount its file system, or make the directory, of mode 0700.",
            )
        ]
    if not stat.S_ISDIR(status.st_mode):
        return [Failure(f"{_PARAMETER} {quoted(path)} is not a directory")]
    return [*_closed(path, status), *_nested(path, beside)]


def _closed(path: str, status: os.stat_result) -> Iterator[Failure]:
    name = f"{_PARAMETER} {quoted(path)}"
    if status.st_uid != os.geteuid():
        yield Failure(
            f"{name} has wrong ownership",
            detail=f"It belongs to user id {status.st_uid}, and this is user id "
            f"{os.geteuid()}.",
            hint="It must belong to the instance administrator.",
        )
    elif status.st_mode & 0o077:
        yield Failure(
            f"{name} is open to others",
            detail=f"Its mode is {stat.S_IMODE(status.st_mode):04o}: a backup has all that "
            "the database has.",
            hint=f"chmod 700 {path}",
        )
    elif not os.access(path, os.W_OK | os.X_OK):
        yield Failure(
            f"{name} cannot be written to",
            detail="Its mode is "
            f"{stat.S_IMODE(status.st_mode):04o}, or its file system is read-only.",
        )


def _nested(path: str, beside: Mapping[str, str]) -> Iterator[Failure]:
    why = "What it is a backup of would be copied with it, emptied and lost with it."
    for what, other in beside.items():
        if lies_in(path, other):
            yield Failure(
                f"{_PARAMETER} {quoted(path)} is inside {what} {quoted(other)}",
                detail=why,
                hint="Put it elsewhere, on another disk.",
            )
        elif lies_in(other, path):
            yield Failure(
                f"{_PARAMETER} {quoted(path)} has {what} {quoted(other)} inside",
                detail=why,
                hint="Put it elsewhere, on another disk.",
            )


def no_room(path: str, size: int) -> Failure | None:
    """Return that *size* bytes do not fit there, None where they do.

    The backup that a new one replaces counts as there: it goes when that is whole.
    """
    room = available(path, own=False)
    if size <= room:
        return None
    return Failure(
        f"there is no room for a backup in {quoted(path)}",
        detail=f"The database has {megabytes(size)}; {megabytes(room)} are free there.",
        hint="Make room. An older backup goes only when the newer one is whole.",
    )


def prepare(path: str) -> None:
    """Make the directory of backups, durably, where it is not there.  Raises Failure.

    That of archived files is made by hand: where it is missing, a disk may not be mounted.
    """
    try:
        if _made(places.backups(path)):
            sync(path)
    except OSError as ex:
        raise unwritable(path, ex) from ex


def unwritable(path: str, ex: OSError) -> Failure:
    """Return that something could not be written below *path*."""
    where = os.fsdecode(ex.filename) if ex.filename else path
    where = where if where.startswith("/") else f"{path}/{where}"
    return Failure(f"could not write {quoted(where)}: {ex.strerror}")


def sync(path: str) -> None:
    """Have the directory *path* on disk.  Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _made(path: str) -> bool:
    """Make directory *path*; whether it was not there.  A link to one is left to its owner."""
    try:
        os.mkdir(path, places.MODE)
    except FileExistsError:
        if not os.path.isdir(path):
            raise
        return False
    return True
