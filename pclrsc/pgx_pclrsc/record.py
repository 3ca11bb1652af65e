"""The status record: what the monitor knows, for Check to read.

One line of 512 bytes, overwritten in place so that it can still be written when
the file system is full.  A read can be torn, so the line ends with a checksum
and is read again when that does not fit.  A record of another boot is no record:
nothing of that boot is alive.  pgx_check imports this: no dataclass, no enum.
"""

import binascii
import os

from pgx_base import files, proc
from pgx_pclrsc.core import names

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
    because Offline may find the file system gone.  Zero means not known.  `more` is what
    pgx_pclrsc.core.more makes of the rest; it judges nothing, and is no part of equality.
    """

    generation: str
    boot: str
    state: str
    good_until: int = 0
    postmaster: int = 0
    start: int = 0
    device: int = 0
    inode: int = 0
    shmid: int = 0
    monitor: int = 0
    monitor_start: int = 0
    reason: str

    def __init__(
        self,
        generation: str,
        boot: str,
        state: str = NONE,
        *,
        reason: str = "",
        **numbers: int,
    ) -> None:
        assert NUMBERS.issuperset(numbers), f"no fields of a record: {numbers}"
        self.generation, self.boot, self.state = generation, boot, state
        self.reason = reason
        self.more = ""
        self.__dict__.update(numbers)

    def values(self) -> tuple[object, ...]:
        """Return the fields in the order of the record."""
        return tuple(getattr(self, name) for name in FIELDS)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self.values() == other.values()

    __hash__ = None  # type: ignore[assignment]  # it is changed in place

    def __repr__(self) -> str:
        return f"Record{self.values()!r}"


# The words of the line behind the version; the reason has the rest of it, or nothing.
FIELDS = tuple(Record.__annotations__)
NUMBERS = frozenset(FIELDS[FIELDS.index("good_until") : FIELDS.index("reason")])


def new_generation() -> str:
    """Return a token that no earlier record has."""
    return os.urandom(8).hex()


def encode(record: Record) -> bytes:
    """Return *record* as its 512 bytes; the reason is cut where it does not fit.

    What is `more` stands behind the reason, from a tab on: its words before all of the
    reason, its texts where there is room left.
    """
    *words, reason = record.values()
    line = " ".join([VERSION, *map(str, words), *str(reason).split()])
    if record.more:
        head, _, texts = record.more.partition("\t")
        words_only = f"{'' if reason else ' '}\t{head}"
        line = _cut(line, SIZE - 10 - len(words_only)) + words_only
        line += f"\t{texts}" if texts else ""
    body = _cut(line, SIZE - 10).encode().ljust(SIZE - 10)
    return body + b" %08x\n" % binascii.crc32(body)


def _cut(text: str, size: int) -> str:
    """Return what of *text* has *size* bytes."""
    return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore")


def decode(data: bytes) -> Record | None:
    """Return the record in *data*, None for a blank one.  Raises Garbled."""
    if not data.strip(_BLANK):
        return None
    body, check = data[: SIZE - 10], data[SIZE - 9 : SIZE - 1]
    if len(data) != SIZE or check != b"%08x" % binascii.crc32(body):
        raise Garbled("checksum does not match")
    version, *words = body.decode("utf-8", "replace").rstrip().split(" ", len(FIELDS))
    found = dict(zip(FIELDS, words, strict=False))
    if (
        version != VERSION
        or len(words) < len(FIELDS) - 1
        or found["state"] not in STATES
    ):
        raise Garbled("not a record of this version")
    try:
        numbers = {name: int(found[name]) for name in NUMBERS}
    except ValueError as ex:
        raise Garbled("a number is expected") from ex
    reason, _, more = found.get("reason", "").partition("\t")
    made = Record(
        found["generation"], found["boot"], found["state"], reason=reason, **numbers
    )
    made.more = more
    return made


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


def current(dir_fd: int, note: "Callable[[str], None] | None" = None) -> Record | None:
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
