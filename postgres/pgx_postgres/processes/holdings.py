"""What a process holds: locks on a file, and where in the kernel it waits.

Read from /proc alone, without asking a file system, as far as that can be: the data
directory may be on a disk that hangs.  What may not be looked into counts as empty.
"""

from __future__ import annotations

import os

from pgx_base import proc
from pgx_base.idents import Key

# Device and inode.


def key(path: str) -> Key | None:
    """Return device and inode of what *path* leads to, None when that cannot be told."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _flock_inodes(fdinfo: str) -> list[int]:
    """Return the inodes in the `lock:` lines of a descriptor that is flocked."""
    lines = (line.split() for line in fdinfo.splitlines() if line.startswith("lock:"))
    return [
        int(w[6].rpartition(":")[2]) for w in lines if len(w) > 6 and w[2] == "FLOCK"
    ]


def has_flocked(pid: int, wanted: Key) -> bool:
    """Whether *pid* has a descriptor through which the file *wanted* is flocked.

    The device in fdinfo is the superblock's, and on btrfs or overlayfs not the one that
    stat gives, so it is asked of the descriptor.
    """
    try:
        names = os.listdir(f"/proc/{pid}/fdinfo")
    except OSError:
        return False
    return any(
        wanted[1] in _flock_inodes(proc.text(f"/proc/{pid}/fdinfo/{name}"))
        and proc.link_key(f"/proc/{pid}/fd/{name}") == wanted
        for name in names
    )


def open_file(pid: int, fd: int) -> str:
    """Return the name of what *fd* of *pid* leads to, as the kernel has it, or nothing."""
    try:
        return os.readlink(f"/proc/{pid}/fd/{fd}")
    except OSError:
        return ""


def wait_channel(pid: int) -> str:
    """Return the kernel function in which *pid* sleeps, or nothing."""
    return proc.text(f"/proc/{pid}/wchan").strip().strip("0")


def steps(pid: int) -> int:
    """Return how often *pid* was taken off a processor: unchanged, it has not moved."""
    return sum(
        int(line.split()[1])
        for line in proc.text(f"/proc/{pid}/status").splitlines()
        if "ctxt_switches:" in line
    )


def comm(pid: int) -> str:
    """Return the name that the kernel shows to everybody, whatever else is closed."""
    return proc.text(f"/proc/{pid}/comm").strip()
