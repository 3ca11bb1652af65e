"""The mark on disk: `pgx_mirror.mark` in the data directory (docs/pair_data.md).

It names the very file and the very directory that it was written into, so that a copy of
both is known to be one, and so is what was put back from an archive: by inode numbers, and
by the number of the inode's use where the file system has one.  What was copied block by
block, as a snapshot of a disk is, cannot be told.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import replace

from pgx_base import files
from pgx_base.text import quoted
from pgx_base.which_file import which
from pgx_mirror.core import mark as marks
from pgx_mirror.core.judged import BROKEN, COPY, FOREIGN, GOOD, MISSING, Found
from pgx_mirror.core.mark import FILE, Mark
from pgx_mirror.data import durable, steps

_SHIFT, _INODE = 64, (1 << 64) - 1  # of which_file


def new_generation() -> str:
    """Return what no data directory has been named before: 128 random bits, in hexadecimal."""
    return os.urandom(16).hex()


def write(dir_fd: int, mark: Mark) -> Mark:
    """Make *mark* durable, and return it as it was written, with the inodes in it.

    Raises steps.Unsure where the mark may be the old or the new one, OSError where it is
    the old one, ValueError for what could not be read again.
    """
    written = mark

    def content(fd: int) -> bytes:
        nonlocal written
        written = replace(mark, inode=which(fd), directory=which(dir_fd))
        return _encoded(written)

    durable.write(dir_fd, FILE, content)
    return written


def _encoded(mark: Mark) -> bytes:
    data = marks.encode(mark)
    try:
        sound = marks.decode(data) == mark
    except marks.Broken:
        sound = False
    if not sound:
        raise ValueError(f"it could not be read again: {mark}")
    return data


def read(dir_fd: int, owner: str, system: str) -> Found:
    """Return what stands there, for server *owner* of the database *system*.

    Waits for a writer that is held up.  Raises OSError where it cannot be read.
    """
    with steps.locked(dir_fd, fcntl.LOCK_SH) as lock_fd:
        return _found(lock_fd, owner, system)


def shown(dir_fd: int, owner: str) -> Mark | None:
    """Return the mark of server *owner*, of whatever database, None where no good one is.

    For people: a writer is not waited for.  Raises OSError.
    """
    found = _found(dir_fd, owner, "")
    return found.mark if found.case == GOOD else None


def _found(dir_fd: int, owner: str, system: str) -> Found:
    try:
        fd = files.open_regular(dir_fd, FILE)
    except FileNotFoundError:
        return Found(MISSING, why="is missing")
    with open(fd, "rb") as file:
        try:
            mark = marks.decode(file.read())
        except marks.Broken as ex:
            return Found(BROKEN, why=f"is broken: {ex}")
        return _judge(mark, owner, system, which(fd), which(dir_fd))


def settle(dir_fd: int, owner: str, system: str) -> Found:
    """Return what stands there, once it is sure to be on disk: at a start.

    Raises steps.Unsure and OSError.
    """
    found = read(dir_fd, owner, system)
    if found.case != MISSING:
        durable.settle(dir_fd, FILE)
    return found


def _judge(mark: Mark, owner: str, system: str, inode: int, directory: int) -> Found:
    in_place = _same(mark.inode, inode) and _same(mark.directory, directory)
    if mark.owner != owner:
        why = f"is that of server {quoted(mark.owner)}"
        return Found(FOREIGN, mark, why, in_place)
    if system and mark.system != system:
        return Found(FOREIGN, mark, "is that of another database")
    if not in_place:
        return Found(COPY, mark, "was copied with the directory that it is of")
    return Found(GOOD, mark)


def _same(one: int, other: int) -> bool:
    """Whether both are the same file; the use of the inode counts where both have been told."""
    if (one ^ other) & _INODE:
        return False
    return not (one >> _SHIFT and other >> _SHIFT) or one == other
