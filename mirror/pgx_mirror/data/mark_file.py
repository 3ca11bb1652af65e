"""The mark on disk: `pgx_mirror.mark` in the data directory (docs/pair.md, the mark).

It names the very file and the very directory that it was written into, so that a copy of
both is known to be one.  An inode number alone comes again in a fresh file system; where
the kernel has the inode's generation, a random number, that is told with it.

A mark cannot tell a copy made block by block, as a snapshot of a disk is.
"""

from __future__ import annotations

import fcntl
import os
import struct
from dataclasses import replace

from pgx_base import files
from pgx_base.text import quoted
from pgx_mirror.core import mark as marks
from pgx_mirror.core.judged import BROKEN, COPY, FOREIGN, GOOD, MISSING, Found
from pgx_mirror.core.mark import FILE, Mark
from pgx_mirror.data import durable, steps

_GENERATION = 0x80087601  # FS_IOC_GETVERSION
_SHIFT, _INODE = 64, (1 << 64) - 1


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
        written = replace(mark, inode=identity(fd), directory=identity(dir_fd))
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
        try:
            fd = files.open_regular(lock_fd, FILE)
        except FileNotFoundError:
            return Found(MISSING, why="is missing")
        with open(fd, "rb") as file:
            try:
                mark = marks.decode(file.read())
            except marks.Broken as ex:
                return Found(BROKEN, why=f"is broken: {ex}")
            return _judge(mark, owner, system, identity(fd), identity(lock_fd))


def settle(dir_fd: int, owner: str, system: str) -> Found:
    """Return what stands there, once it is sure to be on disk: at a start.

    Raises steps.Unsure and OSError.
    """
    found = read(dir_fd, owner, system)
    if found.case != MISSING:
        durable.settle(dir_fd, FILE)
    return found


def _judge(mark: Mark, owner: str, system: str, inode: int, directory: int) -> Found:
    if mark.owner != owner:
        return Found(FOREIGN, mark, f"is that of server {quoted(mark.owner)}")
    if mark.system != system:
        return Found(FOREIGN, mark, "is that of another database")
    if not (_same(mark.inode, inode) and _same(mark.directory, directory)):
        return Found(COPY, mark, "was copied with the directory that it is of")
    return Found(GOOD, mark)


def identity(fd: int) -> int:
    """Return what tells a file or directory from its copies: inode number and generation."""
    return _generation(fd) << _SHIFT | os.fstat(fd).st_ino


def _generation(fd: int) -> int:
    try:
        return int(struct.unpack("=I4x", fcntl.ioctl(fd, _GENERATION, bytes(8)))[0])
    except OSError:
        return 0  # not every file system has one


def _same(one: int, other: int) -> bool:
    """Whether both are the same file, generations counting where both have been told."""
    if (one ^ other) & _INODE:
        return False
    return not (one >> _SHIFT and other >> _SHIFT) or one == other
