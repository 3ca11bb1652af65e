"""What is done in a work directory, by a process that is the OS user already.

Files are opened through the directory's descriptor, never through a link, so that
nothing outside can be meant.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc.core import names
from pgx_postgres import identity

_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_FILE = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_STATES = (b"none", b"starting", b"online", b"faulted")
_SUPERSEDED = identity.FILE + ".superseded"


def check_directory(work: str, found: os.stat_result, uid: int) -> None:
    """Refuse what is at *work* unless it is a directory of *uid* alone.  Raises Failure."""
    if stat.S_ISLNK(found.st_mode):
        raise Failure(
            f"work directory {quoted(work)} is a symbolic link",
            hint="Give the directory that the link leads to.",
        )
    if not stat.S_ISDIR(found.st_mode):
        raise Failure(f"work directory {quoted(work)} is not a directory")
    if found.st_uid != uid:
        raise Failure(
            f"work directory {quoted(work)} has wrong ownership",
            detail=f"It belongs to uid {found.st_uid}, the OS user has uid {uid}.",
            hint="Change the owner, or choose a directory that does not exist yet.",
        )
    if found.st_mode & 0o077:
        raise Failure(
            f"work directory {quoted(work)} has group or world access",
            detail=f"Its mode is {stat.S_IMODE(found.st_mode):04o}.",
            hint="Change the mode to 0700.",
        )


def make_directory(work: str) -> str | None:
    """Make *work*; return None when it was there, "" when made, else why that failed."""
    try:
        os.mkdir(work, 0o700)
    except FileExistsError:
        return None
    except OSError as ex:
        return str(ex.strerror)
    _sync_parent(work)
    return ""


def _sync_parent(work: str) -> None:
    try:
        fd = os.open(os.path.dirname(work), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return  # it may be written to but not read
    try:
        os.fsync(fd)
    except OSError:
        pass  # the files' own fsync will tell
    finally:
        os.close(fd)


def open_directory(work: str, uid: int) -> int:
    """Return a descriptor of *work*, once it is a directory of *uid* alone.  Raises Failure."""
    try:
        fd = os.open(work, _OPEN_DIRECTORY)
    except OSError as ex:
        raise Failure(
            f"could not open work directory {quoted(work)}: {ex.strerror}"
        ) from ex
    try:
        check_directory(work, os.fstat(fd), uid)
    except Failure:
        os.close(fd)
        raise
    return fd


def fill(work: str, uid: int, *, keep: bool) -> list[str]:
    """Make the files of fixed size, and return those that were not there.

    One that is there is kept.  So is the state in the record only if we are to *keep* it: a
    resource that is registered anew while its instance runs goes on with it, and no other
    has a part in a fault of before.  An identity is put aside, so that the next Online
    accepts the data directory that it finds.  Raises Failure, after it has removed what it made.
    """
    dir_fd = open_directory(work, uid)
    created: list[str] = []
    try:
        for name, size in names.PREALLOCATED:
            _preallocate(dir_fd, name, size, created)
        if not keep:
            _forget_state(dir_fd)
        _move(dir_fd, identity.FILE, _SUPERSEDED)
        os.fsync(dir_fd)
    except OSError as ex:
        _remove(dir_fd, created)
        where = f"{work}/{ex.filename}" if ex.filename else work
        raise Failure(
            f"could not write file {quoted(where)}: {ex.strerror}",
            hint="Look at the space on the file system, and at what is in the directory.",
        ) from ex
    finally:
        os.close(dir_fd)
    return created


def _preallocate(dir_fd: int, name: str, size: int, created: list[str]) -> None:
    try:
        fd = os.open(name, _OPEN_FILE | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=dir_fd)
        created.append(name)
    except FileExistsError:
        fd = os.open(name, _OPEN_FILE, dir_fd=dir_fd)
    try:
        _fill_up(fd, size)
    except OSError as ex:
        ex.filename = name
        raise
    finally:
        os.close(fd)


def _fill_up(fd: int, size: int) -> None:
    """Give the file its full size, with all of its blocks, keeping what it holds."""
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(0, "not a regular file")
    at = found.st_size
    while at < size:
        at += os.pwrite(fd, names.blank(size)[at:], at)
    os.fsync(fd)


def _forget_state(dir_fd: int) -> None:
    """Blank the record if it has a state in it; its fourth word is that."""
    fd = os.open(names.RECORD, _OPEN_FILE, dir_fd=dir_fd)
    try:
        words = os.pread(fd, names.RECORD_SIZE, 0).split()
        if words[3:4] and words[3] in _STATES:
            os.pwrite(fd, names.blank(names.RECORD_SIZE), 0)
            os.fsync(fd)
    except OSError as ex:
        ex.filename = names.RECORD
        raise
    finally:
        os.close(fd)


def _move(dir_fd: int, old: str, new: str) -> None:
    try:
        os.rename(old, new, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
    except FileNotFoundError:
        pass  # never Online here


def _remove(dir_fd: int, files: list[str]) -> None:
    for name in files:
        try:
            os.unlink(name, dir_fd=dir_fd)
        except OSError:
            pass  # an empty file of ours harms nobody


@contextmanager
def _opened(work: str) -> Iterator[int]:
    dir_fd = os.open(work, _OPEN_DIRECTORY)
    try:
        yield dir_fd
    finally:
        os.close(dir_fd)


def settle(work: str) -> None:
    """Remove the identity that `fill` has put aside.  Raises OSError."""
    with _opened(work) as dir_fd:
        _remove(dir_fd, [_SUPERSEDED])


def empty(work: str, created: list[str], made: bool) -> None:
    """Take back `fill`, and `make_directory` where it *made* the directory.  Raises OSError."""
    with _opened(work) as dir_fd:
        _remove(dir_fd, created)
        if not made:
            _move(dir_fd, _SUPERSEDED, identity.FILE)
    if made:
        os.rmdir(work)
