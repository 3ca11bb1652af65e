"""Writing a file so that it is the old one or the new one, and on disk.

    1. what a killed run has left is removed, and the new file made beside the old one
    2. it gets the old one's owner, mode and attributes, and its content; it is synced
    3. it takes the old one's name
    4. the directory is synced

    killed or failed at   what is there    whose it is to put right
    1, 2                  the old file     the next write removes what is left of the new one
    3                     the new file     `settle`, before anybody depends on it
    4, failed             either           `Unsure`: it is written again, or nothing depends on it

Where the file system is full, 1 and 2 are done to a file of the reserve, if one was taken:
what is written into its place needs no room.  Should even that be refused, as by a file
system that never writes in place, the reserve is given up and all is tried once more.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable

from pgx_base import files
from pgx_mirror.data import reserve, steps
from pgx_mirror.data.steps import FULL, Unsure

BESIDE = ".pgx_mirror.new"  # what a temporary's name ends in
_COPIED = ("system.posix_acl_access", "security.selinux")
# What an attribute may be refused with: the kernel gives a new file those of its directory.
_NOT_OURS = frozenset((errno.EPERM, errno.EACCES, errno.ENOTSUP))

# The content, or what makes it for the descriptor of the new file; it may be asked again.
Content = bytes | Callable[[int], bytes]


def write(
    dir_fd: int, name: str, content: Content, *, under: int | None = None
) -> None:
    """Make *content* the file *name*, durably.

    *under*: the directory whose lock is taken instead of *dir_fd*'s own.  A file that is
    not there yet gets the mode that PostgreSQL gives its own.  Raises Unsure where the file
    may be the old or the new one, OSError where it is the old one.
    """
    with steps.locked(dir_fd, under=under) as at_fd, steps.told_of(name):
        try:
            _write_beside(at_fd, name, content)
        except Unsure:
            raise
        except OSError as ex:
            if ex.errno not in FULL or not _write_full(at_fd, name, content):
                raise


def settle(dir_fd: int, name: str) -> None:
    """Make what stands under *name* durable, whoever wrote it.  Raises Unsure, OSError.

    For what a run has left that was killed, not for what a write has said it is unsure of:
    the kernel tells an error of a disk once.
    """
    with steps.locked(dir_fd) as lock_fd, steps.told_of(name):
        fd = files.open_regular(lock_fd, name)
        try:
            os.fsync(fd)
            steps.sync(lock_fd, name)
        except Unsure:
            raise
        except OSError as ex:
            raise Unsure(ex.errno, ex.strerror, name) from ex
        finally:
            os.close(fd)


def read(dir_fd: int, name: str) -> bytes:
    """Return what *name* holds.  Raises OSError, with words of ours for what is no file."""
    with steps.told_of(name), open(files.open_regular(dir_fd, name), "rb") as file:
        return file.read()


def _write_beside(dir_fd: int, name: str, content: Content) -> None:
    beside = name + BESIDE
    try:
        _fill(dir_fd, name, steps.create(dir_fd, beside), content)
        steps.rename(dir_fd, beside, name)
    except Unsure:
        raise
    except BaseException:
        steps.remove_quietly(dir_fd, beside)
        raise


def _write_full(dir_fd: int, name: str, content: Content) -> bool:
    """Write where there is no room; whether there was a reserve to do it with."""
    spent = False
    for spare in reserve.files_of(dir_fd):
        spent = True
        try:
            if _fill(dir_fd, name, spare.open(dir_fd), content, spare.room):
                steps.rename(dir_fd, spare.name, name)
                return True
        except Unsure:
            raise
        except OSError as ex:
            if ex.errno not in FULL:
                raise
    if spent:
        reserve.give_up(dir_fd)
        _write_beside(dir_fd, name, content)
    return spent


def _fill(
    dir_fd: int, name: str, fd: int, content: Content, room: int | None = None
) -> bool:
    """Make *fd* what *name* is to be, on disk; whether that is no more than *room* bytes."""
    try:
        data = content(fd) if callable(content) else content
        if room is not None and len(data) > room:
            return False
        _dress(dir_fd, name, fd)
        steps.pour(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)  # before the rename: some file systems tell of an error here alone
    return True


def _dress(dir_fd: int, name: str, fd: int) -> None:
    """Give *fd* the owner, mode and attributes of *name*, else those of a new file."""
    try:
        old_fd = files.open_regular(dir_fd, name)
    except FileNotFoundError:
        os.fchmod(fd, steps.new_mode(dir_fd))
        return
    try:
        os.fchmod(fd, _owned(fd, os.fstat(old_fd)))
        _copy_attributes(old_fd, fd)
    finally:
        os.close(old_fd)


def _owned(fd: int, old: os.stat_result) -> int:
    """Give *fd* the owner of *old*, and return which mode it may have.

    An owner or a group that only root may give is no reason to write nothing: the file is
    ours then, and our group may do with it what everybody may.
    """
    new, mode = os.fstat(fd), stat.S_IMODE(old.st_mode)
    if (old.st_uid, old.st_gid) == (new.st_uid, new.st_gid):
        return mode
    try:
        os.fchown(fd, old.st_uid, old.st_gid)
    except PermissionError:
        return mode & (stat.S_IRWXU | (mode & stat.S_IRWXO) << 3 | stat.S_IRWXO)
    return mode


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
