"""What durable writing is made of: a lock, a rename, a directory that is synced.

All is relative to a descriptor of the directory: should the file system be unmounted
behind our back, nothing is written into the empty mount point.  No link is followed.

One writer at a time, by a lock on the directory that dies with it: a writer that the disk
has held up, and that was given up for dead, can then not bring an older file back later.
NFS refuses such a lock; there the controller's own lock is the only one.

Who may read a directory can lock it, and hold every writer up.  So it is always the data
directory that is locked, also for a file that a link leads to from there.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

FULL = frozenset((errno.ENOSPC, errno.EDQUOT))
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Unsure(OSError):
    """The new file has the name, but that may not be on disk: it is neither old nor new."""


def open_directory(path: str) -> int:
    """Return a descriptor of the directory *path*, which may be a link.  Raises OSError."""
    return os.open(path, _DIRECTORY)


def create(dir_fd: int, name: str) -> int:
    """Return a descriptor of the new file *name*; what had the name is removed."""
    remove(dir_fd, name)
    return os.open(name, _NEW, 0o600, dir_fd=dir_fd)


@contextmanager
def locked(
    dir_fd: int, how: int = fcntl.LOCK_EX, *, under: int | None = None
) -> Iterator[int]:
    """Hold the lock on the directory; yields a descriptor of it that can be synced.

    *under*: the directory whose lock is held instead.
    """
    lock_fd = os.open(".", _DIRECTORY, dir_fd=dir_fd if under is None else under)
    try:
        try:
            fcntl.flock(lock_fd, how)
        except OSError as ex:
            if ex.errno != errno.EBADF:  # NFS wants a descriptor that can be written to
                raise
        yield lock_fd if under is None else dir_fd
    finally:
        os.close(lock_fd)


@contextmanager
def told_of(name: str) -> Iterator[None]:
    """Let an OSError say which file it is about."""
    try:
        yield
    except OSError as ex:
        if ex.filename is None:
            ex.filename = name
        raise


def pour(fd: int, data: bytes) -> None:
    """Make *data* the content of *fd* from its beginning, whatever was longer cut off."""
    done = 0
    while done < len(data):
        done += os.pwrite(fd, data[done:], done)
    os.ftruncate(fd, len(data))


def rename(dir_fd: int, old: str, new: str) -> None:
    """Give the file *old* the name *new*, durably.  Raises Unsure, OSError."""
    os.rename(old, new, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
    sync(dir_fd, new)


def sync(dir_fd: int, name: str) -> None:
    """Have the directory on disk, *name* having just been changed in it.  Raises Unsure."""
    try:
        os.fsync(dir_fd)
    except OSError as ex:
        raise Unsure(ex.errno, ex.strerror, name) from ex


def new_mode(dir_fd: int) -> int:
    """Return the mode of a new file: as PostgreSQL, open to the group where the directory is."""
    return 0o600 | os.fstat(dir_fd).st_mode & stat.S_IRGRP


def remove(dir_fd: int, name: str) -> None:
    """Have no *name* there, a link included."""
    try:
        os.unlink(name, dir_fd=dir_fd)
    except FileNotFoundError:
        pass


def remove_quietly(dir_fd: int, name: str) -> None:
    """Leave nothing behind that makes a full disk fuller; the first error is the one told."""
    try:
        os.unlink(name, dir_fd=dir_fd)
    except OSError:
        pass
