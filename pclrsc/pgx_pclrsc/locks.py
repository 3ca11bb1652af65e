"""Open-file-description locks, byte by byte.

Liveness is a lock that is held, not a PID that is remembered.  OFD locks are used
because they can be asked for without being taken (F_OFD_GETLK), also through a
read-only descriptor, and end with the last copy of the descriptor.
"""

from __future__ import annotations

import fcntl
import struct

# The bytes of transition.lock.
EXCLUSIVE, ONLINE, OFFLINE = 0, 1, 2
# The byte of monitor.lock.
MONITOR = 0

_GETLK, _SETLK = 36, 37
_FLOCK = "hhqqi4x"  # struct flock of 64-bit Linux: type, whence, start, len, pid


def _flock(kind: int, byte: int) -> bytes:
    return struct.pack(_FLOCK, kind, 0, byte, 1, 0)


def is_held(fd: int, byte: int) -> bool:
    """Whether anybody else holds *byte* of the file; looking takes nothing."""
    answer = fcntl.fcntl(fd, _GETLK, _flock(fcntl.F_WRLCK, byte))
    return bool(struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK)


def take(fd: int, byte: int, *, shared: bool = False) -> bool:
    """Take *byte* of the file if it is free, and return whether it was; never waits."""
    kind = fcntl.F_RDLCK if shared else fcntl.F_WRLCK
    try:
        fcntl.fcntl(fd, _SETLK, _flock(kind, byte))
    except (BlockingIOError, PermissionError):
        return False
    return True


def release(fd: int, byte: int) -> None:
    """Give *byte* of the file back."""
    fcntl.fcntl(fd, _SETLK, _flock(fcntl.F_UNLCK, byte))
