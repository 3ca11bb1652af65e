"""What kind of instance is this: PG_VERSION and the head of global/pg_control.

Read as they lie on disk; no PostgreSQL program is needed.
"""

from __future__ import annotations

import os
import struct

from pgx_base.failure import Failure
from pgx_base.light.dataclasses import dataclass
from pgx_base.text import quoted

VERSION_FILE = "PG_VERSION"
CONTROL_FILE = "global/pg_control"
OLDEST = 13
# system_identifier, pg_control_version, catalog_version_no
_HEAD = struct.Struct("=QII")
_STATE = struct.Struct("=i")  # DBState, right behind them
_CHECKPOINT = struct.Struct("=32xQ")  # behind state, padding and time
_BLOCKS = struct.Struct("=III")  # blcksz, relseg_size, xlog_blcksz
_FLOAT_FORMAT = struct.pack("=d", 1234567.0)
# DBState: not running since a clean shutdown; the same of a standby.
SHUT_DOWN, SHUT_DOWN_IN_RECOVERY = 1, 2


class NoInstance(Failure):
    """PG_VERSION cannot be read; *closed*: because we may not."""

    closed = False


@dataclass(frozen=True, slots=True)
class Control:
    """What identifies an instance: it is made by initdb and never changes afterwards."""

    major: int
    system_identifier: int
    catalog_version: int

    @property
    def tablespace_directory(self) -> str:
        """The directory that each tablespace has for this major version."""
        return f"PG_{self.major}_{self.catalog_version}"


def parse_version(text: str) -> int:
    """Return the major version that PG_VERSION's *text* names.  Raises ValueError."""
    return int(text.split(".")[0].strip())


def parse_head(data: bytes) -> tuple[int, int]:
    """Return system identifier and catalog version.  Raises ValueError."""
    if len(data) < _HEAD.size:
        raise ValueError("too short")
    system, control, catalog = _HEAD.unpack_from(data)
    if not (0 < control < 65536 and system):
        raise ValueError("not a control file of this machine's kind")
    return system, catalog


def read_state(data_directory: str) -> int | None:
    """Return the cluster's state as pg_control has it (DBState), None when unknown."""
    try:
        return int(
            _STATE.unpack_from(_read(data_directory, CONTROL_FILE), _HEAD.size)[0]
        )
    except (OSError, struct.error):
        return None


def _read(data_directory: str, name: str) -> bytes:
    fd = os.open(f"{data_directory}/{name}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return os.read(fd, 512)
    finally:
        os.close(fd)


def read_major(data_directory: str) -> int:
    """Return the instance's major version.  Raises NoInstance, and Failure for an old one."""
    try:
        major = parse_version(_read(data_directory, VERSION_FILE).decode("ascii"))
    except (OSError, ValueError) as ex:
        raise _no_instance(data_directory, ex) from ex
    if major < OLDEST:
        raise Failure(
            f"data directory {quoted(data_directory)} is of PostgreSQL {major}, "
            "which is not supported",
            detail=f"PostgreSQL {OLDEST} and newer are.",
        )
    return major


def _no_instance(data_directory: str, problem: Exception) -> NoInstance:
    text = problem.strerror if isinstance(problem, OSError) else "it is garbled"
    found = NoInstance(
        f"no instance in data directory {quoted(data_directory)}",
        detail=f"{quoted(VERSION_FILE)} could not be read: {text}.",
    )
    found.closed = isinstance(problem, PermissionError)
    return found


def read(data_directory: str) -> Control:
    """Return what identifies the instance.  Raises Failure."""
    major = read_major(data_directory)
    try:
        head = parse_head(_read(data_directory, CONTROL_FILE))
    except (OSError, ValueError) as ex:
        reason = ex.strerror if isinstance(ex, OSError) else str(ex)
        raise Failure(
            f"could not read {quoted(f'{data_directory}/{CONTROL_FILE}')}: {reason}",
            hint="Without it PostgreSQL cannot start: restore the data directory.",
        ) from ex
    return Control(major, *head)


def read_blocks(data_directory: str) -> tuple[int, int]:
    """Return the sizes of a block and of a block of WAL in bytes, 0 where they are not known.

    They stand behind a number that is the same everywhere (pg_control.h, floatFormat).
    """
    try:
        data = _read(data_directory, CONTROL_FILE)
        block, _segment, wal_block = _BLOCKS.unpack_from(
            data, data.index(_FLOAT_FORMAT) + len(_FLOAT_FORMAT)
        )
    except (OSError, ValueError, struct.error):
        return 0, 0
    return int(block), int(wal_block)


def read_shutdown(data_directory: str) -> int:
    """Return the position of the checkpoint that a clean shutdown has made, 0 without one.

    A standby's shutdown makes a restartpoint, which is none.
    """
    try:
        data = _read(data_directory, CONTROL_FILE)
        state = _STATE.unpack_from(data, _HEAD.size)[0]
        return int(_CHECKPOINT.unpack_from(data)[0]) if state == SHUT_DOWN else 0
    except (OSError, struct.error):
        return 0
