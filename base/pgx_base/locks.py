"""Open-file-description locks, byte by byte.

Liveness is a lock that is held, not a PID that is remembered.  OFD locks are used
because they can be asked for without being taken (F_OFD_GETLK), also through a
read-only descriptor, and end with the last copy of the descriptor.
"""

import _struct as struct  # struct itself is one module more for pgx_check
import fcntl
import os

# The bytes of transition.lock.
EXCLUSIVE, ONLINE, OFFLINE = 0, 1, 2
# The byte of monitor.lock.
MONITOR = 0
# The places of a beacon, a file under /run that holds next to nothing: what its holders
# say is where their read locks are.  ALONE: the monitor cannot keep the record, go by the
# beacon.  LEAVING: Offline works, and could not take the transition lock.  WORKING: Offline
# works on a resource that was Online or Faulted, with its lock or without.  From FRESH on:
# good-until, in ms of the monotonic clock.  From ONLINE and from FAULTED on: which
# postmaster is.  A monitor says the last two on monitor.lock too.
ALONE, LEAVING, WORKING = 0, 1, 2
FRESH, ONLINE_IS, FAULTED_IS = 1 << 32, 1 << 61, 1 << 62
LAST = (1 << 63) - 1
_PID_BITS = 22  # the kernel's PID_MAX_LIMIT
_LATCH = 64  # bytes

_GETLK, _SETLK = 36, 37
_FLOCK = "hhqqi4x"  # struct flock of 64-bit Linux: type, whence, start, len, pid


def _flock(kind: int, byte: int, length: int = 1) -> bytes:
    return struct.pack(_FLOCK, kind, 0, byte, length, 0)


def is_held(fd: int, byte: int, length: int = 1) -> bool:
    """Whether anybody else holds one of *length* bytes from *byte* on; looking takes nothing."""
    answer = fcntl.fcntl(fd, _GETLK, _flock(fcntl.F_WRLCK, byte, length))
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


def ident(pid: int, start: int) -> int:
    """Return one number for the process *pid* that began at *start* (clock ticks)."""
    return start << _PID_BITS | pid


def process(place: int) -> tuple[int, int]:
    """Return PID and start time of the process that is meant by *place* of a beacon."""
    number = place % ONLINE_IS
    return number & ((1 << _PID_BITS) - 1), number >> _PID_BITS


def said(fd: int, first: int) -> tuple[int, int] | None:
    """Return PID and start time of the process of which anybody else says *first*, by a place.

    *first* is ONLINE_IS or FAULTED_IS.
    """
    answer = fcntl.fcntl(fd, _GETLK, _flock(fcntl.F_WRLCK, first, first))
    kind, _, place, _, _ = struct.unpack(_FLOCK, answer)
    return None if kind == fcntl.F_UNLCK or place < first else process(place)


def open_beacon(path: str) -> int:
    """Return a read-only descriptor of a beacon, -1 where there is none for us."""
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return -1


def says_faulted(beacon: int, pid: int, start: int) -> bool:
    """Whether this postmaster is said to be Faulted: by its monitor, or by root's latch."""
    place = FAULTED_IS + ident(pid, start)
    return is_held(beacon, place) or b"%d" % place in os.pread(beacon, _LATCH, 0)
