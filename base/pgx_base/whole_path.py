"""Paths that a person gives to root to read: no link is followed on all of the way.

A link could lead root to where it was not sent.  `new_file` is for what is written.
"""

from __future__ import annotations

import os
import stat

from pgx_base import files

_STEP = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def open_directory(path: str) -> int:
    """Return a descriptor of directory *path*, an absolute path.

    Raises OSError, whose filename is the first step that is no directory, or is a link.
    """
    fd, at = os.open("/", _STEP), ""
    try:
        for part in path.split("/"):
            if part in ("", "."):
                continue
            at += f"/{part}"
            below = _step(fd, part, at)
            os.close(fd)
            fd = below
    except OSError:
        os.close(fd)
        raise
    return fd


def _step(fd: int, part: str, at: str) -> int:
    try:
        return os.open(part, _STEP, dir_fd=fd)
    except OSError as ex:
        is_link = _is_link(fd, part)
        raise OSError(
            ex.errno, "it is a symbolic link" if is_link else ex.strerror, at
        ) from ex


def _is_link(fd: int, part: str) -> bool:
    try:
        return stat.S_ISLNK(os.stat(part, dir_fd=fd, follow_symlinks=False).st_mode)
    except OSError:
        return False


def open_own(path: str) -> int:
    """Return a descriptor to read *path*: a regular file that nobody else could have written.

    Its owner is root or who asks, and neither group nor others may write it.  Raises OSError.
    """
    parent, name = os.path.split(path)
    dir_fd = open_directory(parent)
    try:
        fd = files.open_regular(dir_fd, name)
    finally:
        os.close(dir_fd)
    found = os.fstat(fd)
    if found.st_uid not in (0, os.geteuid()) or found.st_mode & 0o022:
        os.close(fd)
        raise OSError(0, "others than its reader could have written it", path)
    return fd
