"""System V shared memory: the segment that PostgreSQL keeps two servers apart with.

Each server makes one at its start and each of its processes maps it.  Its key is the inode
of the data directory, or one of the next where that is taken (sysv_shmem.c; 13 and newer).
An id alone proves little: like a PID it is used again.
"""

from __future__ import annotations

from pgx_base import proc
from pgx_base.light.dataclasses import dataclass

_SEGMENTS = "/proc/sysvipc/shm"
_NAME = "/SYSV"
_TRIES = 16  # keys that a server may have found taken
_KEYS = 1 << 32


@dataclass(frozen=True, slots=True)
class Segment:
    """A System V shared memory segment: who made it, whose it is, how many have it attached.

    *key* is without its sign.
    """

    shmid: int
    creator: int
    attached: int
    uid: int
    key: int = 0


def segments() -> dict[int, Segment]:
    """Return the shared memory segments of our IPC namespace by their id."""
    rows = (line.split() for line in proc.text(_SEGMENTS).splitlines()[1:])
    found = (
        Segment(int(row[1]), int(row[4]), int(row[6]), int(row[7]), int(row[0]) % _KEYS)
        for row in rows
        if len(row) > 7
    )
    return {segment.shmid: segment for segment in found}


def mapped(pid: int) -> dict[int, int]:
    """Return the segments that *pid* has mapped: the key of each by its id.

    Empty for a process of another IPC namespace, whose ids are others.
    """
    rows = (line.split(None, 5) for line in proc.text(f"/proc/{pid}/maps").splitlines())
    found = {
        int(row[4]): int(row[5][len(_NAME) :].split()[0], 16)
        for row in rows
        if len(row) == 6 and row[5].startswith(_NAME)
    }
    return found if found and proc.same_memory(pid) else {}


def is_keyed(key: int, inode: int) -> bool:
    """Whether a server in the directory with *inode* would have made a segment of *key*."""
    return 0 <= (key - inode) % _KEYS < _TRIES
