"""The status record: what the monitor knows, for Check to read.

One line of 512 bytes, overwritten in place so that it can still be written when
the file system is full.  A read can be torn, so the line ends with a checksum
and is read again when that does not fit.  A record of another boot is no record:
nothing of that boot is alive.  pgx_check imports this: no dataclass, no enum.
"""

from __future__ import annotations

import binascii
import os

from pgx_base import files, proc
from pgx_pclrsc import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 512
VERSION = "1"
NONE, STARTING, ONLINE, FAULTED = "none", "starting", "online", "faulted"
STATES = (NONE, STARTING, ONLINE, FAULTED)
GOOD_FOR_MS = 10_000
_READS = 200
_BLANK = b" \n\0"


class Garbled(Exception):
    """The record is there and cannot be understood."""


class Record:
    """What is known of one resource on this node.

    `generation` is made anew whenever the record is cleared; `boot` is the boot id;
    `good_until` is CLOCK_MONOTONIC in ms; `postmaster`, `start` and `monitor`,
    `monitor_start` are a PID and its start time in clock ticks; `device`, `inode` are
    those of the data directory and `shmid` the server's shared memory segment, kept
    because Offline may find the file system gone.  Zero means not known.
    """

    __slots__ = (
        "boot",
        "device",
        "generation",
        "good_until",
        "inode",
        "monitor",
        "monitor_start",
        "postmaster",
        "reason",
        "shmid",
        "start",
        "state",
    )

    def __init__(
        self,
        generation: str,
        boot: str,
        state: str = NONE,
        *,
        good_until: int = 0,
        postmaster: int = 0,
        start: int = 0,
        device: int = 0,
        inode: int = 0,
        shmid: int = 0,
        monitor: int = 0,
        monitor_start: int = 0,
        reason: str = "",
    ) -> None:
        self.generation = generation
        self.boot = boot
        self.state = state
        self.good_until = good_until
        self.postmaster = postmaster
        self.start = start
        self.device = device
        self.inode = inode
        self.shmid = shmid
        self.monitor = monitor
        self.monitor_start = monitor_start
        self.reason = reason

    def values(self) -> tuple[object, ...]:
        """Return the fields in the order of the record."""
        return (
            self.generation,
            self.boot,
            self.state,
            self.good_until,
            self.postmaster,
            self.start,
            self.device,
            self.inode,
            self.shmid,
            self.monitor,
            self.monitor_start,
            self.reason,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self.values() == other.values()

    __hash__ = None  # type: ignore[assignment]  # it is changed in place

    def __repr__(self) -> str:
        return f"Record{self.values()!r}"


def new_generation() -> str:
    """Return a token that no earlier record has."""
    return os.urandom(8).hex()


def encode(record: Record) -> bytes:
    """Return *record* as its 512 bytes; the reason is cut where it does not fit."""
    head = " ".join((VERSION, *(str(value) for value in record.values()[:-1])))
    reason = " ".join(record.reason.split())
    body = f"{head} {reason}".encode("utf-8", "replace")[: SIZE - 10]
    body = body.decode("utf-8", "ignore").encode().ljust(SIZE - 10)
    return body + b" %08x\n" % binascii.crc32(body)


def decode(data: bytes) -> Record | None:
    """Return the record in *data*, None for a blank one.  Raises Garbled."""
    if not data.strip(_BLANK):
        return None
    body, check = data[: SIZE - 10], data[SIZE - 9 : SIZE - 1]
    if len(data) != SIZE or check != b"%08x" % binascii.crc32(body):
        raise Garbled("checksum does not match")
    words = body.decode("utf-8", "replace").rstrip().split(" ", 12)
    if words[0] != VERSION or len(words) < 12 or words[3] not in STATES:
        raise Garbled("not a record of this version")
    try:
        numbers = [int(word) for word in words[4:12]]
    except ValueError as ex:
        raise Garbled("a number is expected") from ex
    return Record(
        words[1],
        words[2],
        words[3],
        good_until=numbers[0],
        postmaster=numbers[1],
        start=numbers[2],
        device=numbers[3],
        inode=numbers[4],
        shmid=numbers[5],
        monitor=numbers[6],
        monitor_start=numbers[7],
        reason=words[12] if len(words) > 12 else "",
    )


def read_fd(fd: int) -> Record | None:
    """Return the record in *fd*, read again while it is torn.  Raises Garbled, OSError."""
    for _ in range(_READS):
        try:
            return decode(os.pread(fd, SIZE, 0))
        except Garbled as ex:
            problem = ex
            os.sched_yield()
    raise problem


def read(dir_fd: int) -> Record | None:
    """Return the record of a work directory, None when there is none.

    Raises Garbled when it cannot be understood, OSError when it cannot be read.
    """
    try:
        fd = files.open_regular(dir_fd, names.RECORD)
    except FileNotFoundError:
        return None
    try:
        return read_fd(fd)
    finally:
        os.close(fd)


def current(dir_fd: int, note: Callable[[str], None] | None = None) -> Record | None:
    """Return this boot's record, None without one that can be read and understood.

    *note* is told why it cannot be.
    """
    try:
        found = read(dir_fd)
    except (Garbled, OSError) as ex:
        if note:
            note(f"the record cannot be read: {ex}")
        return None
    return found if found is not None and found.boot == proc.boot_id() else None


def put(dir_fd: int, record: Record, *, sync: bool = False) -> None:
    """Write the record of a work directory, whatever stood there.  Raises OSError."""
    fd = files.open_regular(dir_fd, names.RECORD, os.O_RDWR | os.O_CREAT)
    try:
        write(fd, record, sync=sync)
        os.ftruncate(fd, SIZE)
    finally:
        os.close(fd)


def write(fd: int, record: Record, *, sync: bool = False) -> None:
    """Overwrite the record in *fd* in place.  Raises OSError."""
    os.pwrite(fd, encode(record), 0)
    if sync:
        os.fdatasync(fd)
