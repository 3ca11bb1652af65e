"""Writing a file so that it is the old one or the new one, and on disk.

    1. what a killed run has left is removed, and the new file made beside the old one
    2. it gets the old one's owner, mode and attributes, and its content; it is synced
    3. it takes the old one's name
    4. the directory is synced

    killed or failed at   what is there    whose it is to put right
    1, 2                  the old file     the next write removes what is left of the new one
    3                     the new file     `settle`, before anybody depends on it
    4, failed             either           `Unsure`: it is written again, or nothing depends on it

One writer at a time, by a lock on the directory that dies with it: a writer that the disk
has held up, and that was given up for dead, can then not bring an older file back later.
NFS refuses such a lock; there the controller's own lock is the only one.

All is relative to a descriptor of the directory: should the file system be unmounted
behind our back, nothing is written into the empty mount point.  No link is followed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pgx_base import files

BESIDE = ".pgx_mirror.new"  # what a temporary's name ends in
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_COPIED = ("system.posix_acl_access", "security.selinux")
# What an attribute may be refused with: the kernel gives a new file those of its directory.
_NOT_OURS = frozenset((errno.EPERM, errno.EACCES, errno.ENOTSUP))

# The content, or what makes it for the descriptor of the new file.
Content = bytes | Callable[[int], bytes]


class Unsure(OSError):
    """The new file has the name, but that may not be on disk: it is neither old nor new."""


def open_directory(path: str) -> int:
    """Return a descriptor of the directory *path*, which may be a link.  Raises OSError."""
    return os.open(path, _DIRECTORY)


def write(dir_fd: int, name: str, content: Content) -> None:
    """Make *content* the file *name*, durably.

    A file that is not there yet gets the mode that PostgreSQL gives its own.  Raises
    Unsure where the file may be the old or the new one, OSError where it is the old one.
    """
    with locked(dir_fd) as lock_fd, told_of(name):
        beside = name + BESIDE
        _remove(lock_fd, beside)
        try:
            _fill(lock_fd, name, os.open(beside, _NEW, 0o600, dir_fd=lock_fd), content)
            rename(lock_fd, beside, name)
        except Unsure:
            raise
        except BaseException:
            _remove_quietly(lock_fd, beside)
            raise


def settle(dir_fd: int, name: str) -> None:
    """Make what stands under *name* durable, whoever wrote it.  Raises Unsure, OSError.

    For what a run has left that was killed, not for what a write has said it is unsure of:
    the kernel tells an error of a disk once.
    """
    with locked(dir_fd) as lock_fd, told_of(name):
        fd = files.open_regular(lock_fd, name)
        try:
            os.fsync(fd)
            sync(lock_fd, name)
        except Unsure:
            raise
        except OSError as ex:
            raise Unsure(ex.errno, ex.strerror, name) from ex
        finally:
            os.close(fd)


def read(dir_fd: int, name: str) -> bytes:
    """Return what *name* holds.  Raises OSError, with words of ours for what is no file."""
    with told_of(name), open(files.open_regular(dir_fd, name), "rb") as file:
        return file.read()


@contextmanager
def locked(dir_fd: int, how: int = fcntl.LOCK_EX) -> Iterator[int]:
    """Hold the lock on the directory; yields a descriptor of it that can be synced."""
    lock_fd = os.open(".", _DIRECTORY, dir_fd=dir_fd)
    try:
        try:
            fcntl.flock(lock_fd, how)
        except OSError as ex:
            if ex.errno != errno.EBADF:  # NFS wants a descriptor that can be written to
                raise
        yield lock_fd
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


def _fill(dir_fd: int, name: str, fd: int, content: Content) -> None:
    """Make the new file *fd* what *name* is to be, and have it on disk."""
    try:
        dress(dir_fd, name, fd)
        pour(fd, content(fd) if callable(content) else content)
        os.fsync(fd)
    finally:
        os.close(fd)  # before the rename: some file systems tell of an error here alone


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


def dress(dir_fd: int, name: str, fd: int) -> None:
    """Give *fd* the owner, mode and attributes of *name*, else those of a new file."""
    try:
        old_fd = files.open_regular(dir_fd, name)
    except FileNotFoundError:
        os.fchmod(fd, new_mode(dir_fd))
        return
    try:
        old, new = os.fstat(old_fd), os.fstat(fd)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.fchown(fd, old.st_uid, old.st_gid)
        os.fchmod(fd, stat.S_IMODE(old.st_mode))
        _copy_attributes(old_fd, fd)
    finally:
        os.close(old_fd)


def new_mode(dir_fd: int) -> int:
    """Return the mode of a new file: as PostgreSQL, open to the group where the directory is."""
    return 0o600 | os.fstat(dir_fd).st_mode & stat.S_IRGRP


def _copy_attributes(old_fd: int, fd: int) -> None:
    """Give *fd* the extended attributes of *old_fd*, access lists among them."""
    try:
        names = os.listxattr(old_fd)
    except OSError as ex:
        if ex.errno != errno.ENOTSUP:
            raise
        return
    for name in names:
        if not name.startswith("user.") and name not in _COPIED:
            continue  # a hash of the old content, for one
        try:
            os.setxattr(fd, name, os.getxattr(old_fd, name))
        except OSError as ex:
            if ex.errno not in _NOT_OURS:
                raise


def _remove(dir_fd: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=dir_fd)
    except FileNotFoundError:
        pass


def _remove_quietly(dir_fd: int, name: str) -> None:
    """Leave nothing behind that makes a full disk fuller; the first error is the one told."""
    try:
        os.unlink(name, dir_fd=dir_fd)
    except OSError:
        pass
