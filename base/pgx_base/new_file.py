"""A file that a command writes for whoever has typed it: whole or not at all, through no link.

It is written beside its name and renamed: what stood there is replaced, a link as well, and
nobody reads half of it.  For root every directory on the way must be root's alone, or
sticky, as /tmp is: whoever can rename one of them chooses where root writes.
"""

from __future__ import annotations

import os
import secrets
import stat

from pgx_base.failure import Failure
from pgx_base.text import quoted

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def write(path: str, data: bytes) -> None:
    """Make *data* the file *path*, for its owner alone to read (0600).  Raises Failure."""
    directory, name = os.path.split(os.path.abspath(path))
    try:
        dir_fd = _open_directory(directory)
        try:
            _refuse_odd(dir_fd, name)
            _write_in(dir_fd, name, data)
        finally:
            os.close(dir_fd)
    except OSError as ex:
        raise Failure(f"could not write file {quoted(path)}: {ex.strerror}") from ex


def _open_directory(path: str) -> int:
    """Return a descriptor of *path*.  Raises OSError; Failure where root must not write."""
    if os.geteuid() != 0:
        return os.open(path, _DIRECTORY)
    fd, at = os.open("/", _DIRECTORY), "/"
    try:
        for part in path.split("/"):
            _refuse_others(fd, at)
            if part:
                at = os.path.join(at, part)
                fd = _descend(fd, part, at)
        _refuse_others(fd, at)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _descend(fd: int, part: str, at: str) -> int:
    try:
        below = os.open(part, _DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
    except NotADirectoryError:
        if stat.S_ISLNK(os.stat(part, dir_fd=fd, follow_symlinks=False).st_mode):
            raise Failure(
                f"{quoted(at)} is a symbolic link, which root does not follow to write",
                hint="Give the path without links.",
            ) from None
        raise
    os.close(fd)
    return below


def _refuse_others(fd: int, at: str) -> None:
    found = os.fstat(fd)
    shared = found.st_mode & _OTHERS and not found.st_mode & stat.S_ISVTX
    if found.st_uid != 0 or shared:
        raise Failure(
            f"root does not write below directory {quoted(at)}",
            detail="Another user can change it, and so where the file would be.",
            hint="Choose a directory of root's, or write to standard output.",
        )


def _refuse_odd(dir_fd: int, name: str) -> None:
    """Refuse to replace what is neither a file nor a link.  Raises OSError."""
    try:
        mode = os.stat(name, dir_fd=dir_fd, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode) and not stat.S_ISLNK(mode):
        raise OSError(0, "it is there, and no regular file")


def _write_in(dir_fd: int, name: str, data: bytes) -> None:
    beside = f".{secrets.token_hex(8)}.new"
    fd = os.open(beside, _NEW, 0o600, dir_fd=dir_fd)
    try:
        with open(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(fd)
        os.rename(beside, name, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
    except BaseException:
        os.unlink(beside, dir_fd=dir_fd)
        raise
    os.fsync(dir_fd)
