"""64 KB beside the mark, for when the file system is full.

Full is when a primary loses its standby, as a rule: then mark and postgresql.conf must
still be written, or writers wait for ever.  So there are two files, for the one and for the
other; `durable.write` makes one of them the file that is to be written, in place, where a
busy server could not take freed room from us.  Their content is random: neither a sparse
copy nor a file system that compresses makes less of it.

    killed while it is taken, or while it is spent: it is not whole, and is taken again
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from pgx_base import files
from pgx_mirror.data import steps

FILE = "pgx_mirror.reserve"
# Smallest first: what fits into the mark's does not take the other.
SIZES = {f"{FILE}.mark": 4 << 10, FILE: 60 << 10}
_BLOCK = 512  # what st_blocks counts, whatever the file system's own are


@dataclass(frozen=True, slots=True)
class Spare:
    """One file of the reserve, and how many bytes are its own on the disk."""

    name: str
    room: int

    def open(self, dir_fd: int) -> int:
        """Return a descriptor of it, to be written over."""
        return files.open_regular(dir_fd, self.name, os.O_RDWR)


def is_whole(dir_fd: int) -> bool:
    """Whether the reserve is there.  Raises OSError where that cannot be told."""
    return all(_size(dir_fd, name) == size for name, size in SIZES.items())


def take(dir_fd: int, *, under: int | None = None) -> None:
    """Have the reserve, on disk.  Raises OSError, with ENOSPC where there is no room.

    *under*: the directory whose lock is taken instead of *dir_fd*'s own.
    """
    with steps.locked(dir_fd, under=under) as at_fd:
        for name, size in SIZES.items():
            if _size(at_fd, name) != size:
                _take(at_fd, name, size)


def files_of(dir_fd: int) -> list[Spare]:
    """Return what is there of it, smallest first."""
    found = []
    for name in SIZES:
        try:
            there = os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
        except FileNotFoundError:
            continue
        if stat.S_ISREG(there.st_mode):
            found.append(Spare(name, there.st_blocks * _BLOCK))
    return found


def give_up(dir_fd: int) -> None:
    """Free its room, and have that on disk, where freed room counts only then."""
    for name in SIZES:
        steps.remove(dir_fd, name)
    os.fsync(dir_fd)


def _size(dir_fd: int, name: str) -> int:
    try:
        there = os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
    except FileNotFoundError:
        return -1
    return there.st_size if stat.S_ISREG(there.st_mode) else -1


def _take(dir_fd: int, name: str, size: int) -> None:
    try:
        with steps.told_of(name):
            fd = steps.create(dir_fd, name)
            try:
                steps.pour(fd, os.urandom(size))
                os.fsync(fd)
            finally:
                os.close(fd)
            os.fsync(dir_fd)
    except BaseException:
        steps.remove_quietly(dir_fd, name)
        raise
