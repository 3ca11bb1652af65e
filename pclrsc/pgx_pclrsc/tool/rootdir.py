"""The one directory that root makes for another user, and when it may.

A directory such as /var/opt belongs to root, and the OS user cannot make its work
directory there.  Root does, but only below parents that root alone can write to: no
link or directory can then have been planted on the way.  The directory appears under
its name with its owner, so that a run that was killed leaves none with another.
"""

from __future__ import annotations

import os
import stat

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc.core.definition import ResourceDefinition

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def check(work: str, refusal: str) -> None:
    """Raise Failure if `make` would refuse to make *work*."""
    os.close(_open_parent(work, refusal))


def make(work: str, owner: ResourceDefinition, refusal: str) -> None:
    """Make *work* for *owner*, who was refused with *refusal*.  Raises Failure."""
    parent_fd = _open_parent(work, refusal)
    try:
        _make_in(parent_fd, os.path.basename(work), owner)
    except OSError as ex:
        raise _could_not(work, str(ex.strerror)) from ex
    finally:
        os.close(parent_fd)


def _could_not(work: str, why: str, detail: str | None = None) -> Failure:
    return Failure(
        f"could not create work directory {quoted(work)}: {why}",
        detail=detail,
        hint="Create it yourself, owned by the OS user and with mode 0700.",
    )


def _open_parent(work: str, refusal: str) -> int:
    """Return a descriptor of the parent of *work*, every step to it being root's alone."""
    if os.geteuid() != 0:
        raise _could_not(work, refusal)
    fd, path = os.open("/", _DIRECTORY), "/"
    try:
        for part in os.path.dirname(work).split("/"):
            _check_roots_own(fd, path)
            if part in ("", "."):
                continue
            path = os.path.join(path, part)
            fd = _descend(fd, part)
        _check_roots_own(fd, path)
    except OSError as ex:
        os.close(fd)
        detail = (
            f"The OS user may not, and root does not: {quoted(path)}: {ex.strerror}."
        )
        raise _could_not(work, refusal, detail) from ex
    return fd


def _descend(fd: int, part: str) -> int:
    below = os.open(part, _DIRECTORY, dir_fd=fd)
    os.close(fd)
    return below


def _check_roots_own(fd: int, path: str) -> None:
    found = os.fstat(fd)
    if found.st_uid != 0 or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise OSError(0, "not writable by root alone", path)


def _make_in(parent_fd: int, name: str, owner: ResourceDefinition) -> None:
    beside = f".pgx_pclrsc.{name[:50]}"
    _remove(parent_fd, beside)  # of a run that was killed
    os.mkdir(beside, 0o700, dir_fd=parent_fd)
    fd = os.open(beside, _DIRECTORY, dir_fd=parent_fd)
    try:
        os.fchown(fd, owner.uid, owner.gid)
        os.fchmod(fd, 0o700)
        os.fsync(fd)
    finally:
        os.close(fd)
    os.rename(beside, name, src_dir_fd=parent_fd, dst_dir_fd=parent_fd)
    os.fsync(parent_fd)


def _remove(parent_fd: int, name: str) -> None:
    try:
        os.rmdir(name, dir_fd=parent_fd)
    except FileNotFoundError:
        pass


def remove(work: str) -> None:
    """Remove *work*, which `make` has made, if nothing is in it.  Raises Failure."""
    parent_fd = _open_parent(work, "not removed")
    try:
        _remove(parent_fd, os.path.basename(work))
    except OSError:
        pass  # somebody has put something into it
    finally:
        os.close(parent_fd)
