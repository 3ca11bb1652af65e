"""What is seen of disks: the data directory, where everything lies, ext4's superblock."""

from __future__ import annotations

import os
import stat
import struct

from pgx_base import mounts
from pgx_base.failure import Failure
from pgx_pclrsc.preflight.core.disk_facts import Data, Device, Lies, Space, Work
from pgx_pclrsc.preflight.gather.children import NotSeen, failure_text
from pgx_postgres import control, tablespaces

_SUPERBLOCK = 1024
_MAGIC = struct.Struct("<56xH")
_INCOMPAT = struct.Struct("<96xI")
_EXT_MAGIC, _MMP = 0xEF53, 0x0100
_EXT = ("ext2", "ext3", "ext4")
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def data(directory: str) -> Data:
    """Return what the data directory is."""
    try:
        found = os.stat(directory)
        instance = control.read(directory)
        spaces = tablespaces.find(directory)
    except Failure as ex:
        return Data(0, 0, 0, "", 0, (), failure_text(ex))
    except OSError as ex:
        return Data(0, 0, 0, "", 0, (), f"{directory}: {ex.strerror}")
    return Data(
        found.st_uid,
        stat.S_IMODE(found.st_mode),
        instance.major,
        str(instance.system_identifier),
        instance.catalog_version,
        tuple(Space(s.role, os.path.normpath(s.target)) for s in spaces),
    )


def lies(path: str, part: str = "") -> Lies:
    """Return where directory *path* lies, which should have *part* in it."""
    problem = ""
    try:
        os.stat(f"{path}/{part}" if part else path)
    except OSError as ex:
        problem = f"{path}/{part}".rstrip("/") + f": {ex.strerror}"
    fd = _nearest(os.path.realpath(path))
    try:
        mount = mounts.of(fd, mounts.mounted())
        if mount is None:
            return Lies("", "", "", "", problem or f"{path}: its mount is not known")
        uuid = mounts.uuid(fd) if mount.source.startswith("/dev/") else ""
        return Lies(mount.point, mount.kind, mount.source, uuid, problem)
    finally:
        os.close(fd)


def _nearest(path: str) -> int:
    """Return a descriptor of *path*, or of what is there above it.  Raises OSError."""
    while True:
        try:
            return os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            path = os.path.dirname(path)


def device(source: str, kind: str) -> Device:
    """Return whether *source* is guarded against a second mount, by its superblock."""
    if kind not in _EXT:
        return Device(source, kind, guarded=False)
    if os.geteuid() != 0:
        raise NotSeen(f"root alone may read {source}")
    try:
        fd = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as ex:
        raise NotSeen(f"{source} is not on this node now") from ex
    try:
        if not stat.S_ISBLK(os.fstat(fd).st_mode):
            raise NotSeen(f"file {source} is no block device", expected=False)
        return Device(source, kind, guarded=_has_mmp(os.pread(fd, 1024, _SUPERBLOCK)))
    finally:
        os.close(fd)


def _has_mmp(block: bytes) -> bool:
    if len(block) < 1024 or _MAGIC.unpack_from(block)[0] != _EXT_MAGIC:
        raise NotSeen("no file system of ext4 is there", expected=False)
    return bool(_INCOMPAT.unpack_from(block)[0] & _MMP)


def work(path: str) -> Work:
    """Return what the work directory is; never through a link."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return Work(there=False)
    except OSError as ex:
        return Work(there=False, problem=f"{path}: {ex.strerror}")
    mode, directory = stat.S_IMODE(found.st_mode), stat.S_ISDIR(found.st_mode)
    if not directory or found.st_uid != os.geteuid():
        return Work(True, found.st_uid, mode, directory)
    place, room = lies(path), os.statvfs(path)
    return Work(
        True,
        found.st_uid,
        mode,
        directory,
        place.kind,
        place.point,
        room.f_bavail * room.f_frsize // 1024,
        sum(_kilobytes(f"{path}/{name}") for name in ("trace.log", "trace.log.1")),
    )


def _kilobytes(path: str) -> int:
    try:
        return os.lstat(path).st_size // 1024
    except OSError:
        return 0
