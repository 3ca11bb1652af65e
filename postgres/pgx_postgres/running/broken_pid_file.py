"""Removing a postmaster.pid that names nobody, where it is proven that nobody owns it.

A power cut leaves one that is empty, full of NULs or garbage.  PostgreSQL refuses to start
past it, on every node, until a person comes.  What must be so is:

    the guard is held                              else another container's server may live
    the file system is one kernel's alone          else another node's may
    no process and no attached shared memory       else one of this node's may
    the file names nobody, as PostgreSQL reads it  else it is PostgreSQL's to judge

Killed before the removal: the file is there still, the next Online does the same again.
Killed after it: there is no PID file, and a copy in the work directory.
"""

from __future__ import annotations

import os

from pgx_base import mounts, proc
from pgx_base.idents import Key
from pgx_base.light.dataclasses import dataclass
from pgx_postgres import pidfile
from pgx_postgres.processes import memory

COPY = "postmaster.pid.broken"  # in the work directory

# File systems that one kernel alone has mounted.  Not overlay: two mounts of it may share
# one upper directory, and a lock in the one is not seen in the other.
_OF_ONE_KERNEL = frozenset(
    ("ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "jfs", "nilfs2", "reiserfs")
) | {"bcachefs", "zfs", "tmpfs"}
_LONGEST = 64 * 1024  # bytes; whatever is larger was never a PID file


class Spared(Exception):
    """The file is not removed; the text says why."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed, in words, and the name of its copy in the work directory."""

    what: str
    copy: str = COPY


def remove(data_directory: str, uid: int, dir_fd: int) -> Removed:
    """Copy the broken PID file to the work directory *dir_fd*, then remove it.

    The guard is held, and no process of the instance was found.  Raises Spared.
    """
    try:
        fd = pidfile.open_it(data_directory)
        try:
            _check_file_system(fd)
            _check_memory(data_directory, uid)
            text = _read(fd)
            _keep(dir_fd, text, os.fstat(fd))
            _unlink(data_directory, os.fstat(fd))
        finally:
            os.close(fd)
    except (OSError, pidfile.Garbled) as ex:
        raise Spared(_why(ex)) from ex
    return Removed(_in_words(text))


def _why(problem: Exception) -> str:
    if not isinstance(problem, OSError):
        return str(problem)
    named = f'"{problem.filename}": ' if problem.filename else ""
    return f"{named}{problem.strerror or problem}"


def _check_file_system(fd: int) -> None:
    mount = mounts.of(fd, mounts.mounted())
    if mount is None:
        raise Spared("its file system cannot be told")
    if mount.kind not in _OF_ONE_KERNEL:
        raise Spared(f"another node may have its file system ({mount.kind}) mounted")


def _check_memory(data_directory: str, uid: int) -> None:
    """See that no shared memory is attached that a server of the directory would have made."""
    there = os.stat(data_directory)
    for segment in memory.segments().values():
        near = memory.is_keyed(segment.key, there.st_ino)
        if not (near and segment.attached and segment.uid == uid):
            continue
        if not _is_elsewhere(segment, (there.st_dev, there.st_ino)):
            raise Spared(f"shared memory {segment.shmid} may be the instance's")


def _is_elsewhere(segment: memory.Segment, data: Key) -> bool:
    """Whether it is of a server that works in another directory."""
    where = proc.cwd_key(segment.creator)
    mapped = segment.shmid in memory.mapped(segment.creator)
    return mapped and where not in (None, data)


def _read(fd: int) -> bytes:
    text = os.read(fd, _LONGEST + 1)
    if len(text) > _LONGEST:
        raise Spared(f"it has more than {_LONGEST} bytes")
    try:
        found = pidfile.parse(text)
    except pidfile.Garbled:
        return text
    raise Spared(f"it names process {found.pid} by now")


def _keep(dir_fd: int, text: bytes, there: os.stat_result) -> None:
    """Keep a copy with its time, on disk before anything is removed."""
    name = COPY
    beside = f"{name}.new"
    try:
        os.unlink(beside, dir_fd=dir_fd)
    except FileNotFoundError:
        pass
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(beside, flags, 0o600, dir_fd=dir_fd)
    try:
        if os.write(fd, text) != len(text):
            raise Spared("its copy could not be written as a whole")
        os.utime(fd, ns=(there.st_atime_ns, there.st_mtime_ns))
        os.fsync(fd)
    finally:
        os.close(fd)
    os.rename(beside, name, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
    _sync(dir_fd)


def _sync(dir_fd: int) -> None:
    """Have the copy's name on disk too; *dir_fd* itself is for paths alone."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    fd = os.open(".", flags, dir_fd=dir_fd)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _unlink(data_directory: str, seen: os.stat_result) -> None:
    """Remove the very file that was seen.

    It need not be synced: should a crash bring it back, the next Online finds it.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    data_fd = os.open(data_directory, flags)
    try:
        now = os.stat(pidfile.NAME, dir_fd=data_fd, follow_symlinks=False)
        if _identity(now) != _identity(seen):
            raise Spared("it was just changed by somebody else")
        os.unlink(pidfile.NAME, dir_fd=data_fd)
    finally:
        os.close(data_fd)


def _identity(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _in_words(text: bytes) -> str:
    if not text:
        return "It was empty"
    if not text.strip(b"\0"):
        return f"It had {len(text)} NUL bytes"
    return f"It had {len(text)} bytes that name no process"
