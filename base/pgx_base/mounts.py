"""Which file system does a directory lie on, and is it the one that was meant?

Read from /proc/self/mountinfo by the mount id of an open descriptor, so that bind
mounts and mounts over mounts are told apart.  Device numbers change from boot to boot
and prove nothing; the file system's UUID does.
"""

from __future__ import annotations

import fcntl
import itertools
import os

from pgx_base.light.dataclasses import dataclass

_GETFSUUID = 0x80111500  # FS_IOC_GETFSUUID, _IOR(0x15, 0, struct fsuuid2), Linux 6.9
_EXT4_GETFSUUID = 0x8008662C  # EXT4_IOC_GETFSUUID, _IOR('f', 44, struct fsuuid), 6.0
_BY_UUID = "/dev/disk/by-uuid"
_OCTAL = rb"\\([0-3][0-7]{2})"


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of mountinfo: *point* is where it is mounted, *kind* the file system's type."""

    number: int
    point: str
    kind: str
    source: str


def unescaped(word: str) -> str:
    r"""Return *word* of mountinfo or fstab with \040 and its like replaced."""
    if "\\" not in word:
        return word
    import re  # a switch waits for it only where a name is escaped

    raw = word.encode("utf-8", "surrogateescape")
    raw = re.sub(_OCTAL, lambda match: bytes([int(match[1], 8)]), raw)
    return raw.decode("utf-8", "surrogateescape")


def parse(text: str) -> list[Mount]:
    """Return the mounts in *text*, which has the form of /proc/PID/mountinfo."""
    found = []
    for line in text.splitlines():
        left, _, right = line.partition(" - ")
        words, after = left.split(" "), right.split(" ")
        if len(words) >= 6 and len(after) >= 2 and words[0].isdigit():
            found.append(Mount(int(words[0]), unescaped(words[4]), after[0], after[1]))
    return found


def mounted() -> list[Mount]:
    """Return what is mounted in our mount namespace.  Raises OSError."""
    with open(
        "/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape"
    ) as file:
        return parse(file.read())


def _mount_id(fd: int) -> int:
    with open(f"/proc/self/fdinfo/{fd}", encoding="ascii") as file:
        for line in file:
            key, _, value = line.partition(":")
            if key == "mnt_id":
                return int(value)
    return -1


def of(fd: int, table: list[Mount]) -> Mount | None:
    """Return the mount that the file of *fd* was reached through, if *table* has it."""
    number = _mount_id(fd)
    return next((mount for mount in table if mount.number == number), None)


def uuid(fd: int) -> str:
    """Return the UUID of the file system of *fd*, an empty text when it cannot be known."""
    return _asked(fd, _GETFSUUID, 1) or _asked(fd, _EXT4_GETFSUUID, 8) or _listed(fd)


def _asked(fd: int, request: int, header: int) -> str:
    """Ask the file system; *header* bytes stand before the UUID, the first is its length."""
    size = 16 if header == 8 else 0
    buffer = bytearray([size, *[0] * (header + 16 - 1)])
    try:
        fcntl.ioctl(fd, request, buffer)
    except OSError:
        return ""
    found = bytes(buffer[header : header + 16])
    return _dashed(found.hex()) if buffer[0] == 16 and any(found) else ""


def _dashed(digits: str) -> str:
    cuts = itertools.pairwise((0, 8, 12, 16, 20, 32))
    return "-".join(digits[a:b] for a, b in cuts)


def _listed(fd: int) -> str:
    """Return the name that udev keeps for the device of *fd*."""
    device = os.fstat(fd).st_dev
    try:
        for name in sorted(os.listdir(_BY_UUID)):
            if os.stat(f"{_BY_UUID}/{name}").st_rdev == device:
                return name.lower()
    except OSError:
        pass
    return ""


def is_above(point: str, path: str) -> bool:
    """Whether *path* is *point* or lies below it, going by the names alone."""
    return path == point or path.startswith(point.rstrip("/") + "/")
