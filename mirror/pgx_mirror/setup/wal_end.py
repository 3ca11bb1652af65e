"""Where the write-ahead log of a data directory ends, whatever pg_control says.

A server that was started by hand once more, or was killed, has records behind the last
checkpoint.  pg_waldump reads to where no valid record follows; what counts is the last.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping

from pgx_mirror.core import wal
from pgx_mirror.core.wal_files import Left as Left
from pgx_mirror.core.wal_files import first as first
from pgx_mirror.core.wal_files import history as history
from pgx_mirror.core.wal_files import is_file as is_file
from pgx_mirror.core.wal_files import name_of as name_of
from pgx_mirror.setup import controldata, programs
from pgx_mirror.setup.choosing import End

_PROGRAM = "pg_waldump"
_RECORD = re.compile(rb"len \(rec/tot\): *\d+/ *(\d+),.*?lsn: ([0-9A-F]+/[0-9A-F]+)")
# How pg_waldump says that no valid record follows; of a read that failed it says something else.
_ENDS = re.compile(
    rb"error in WAL record|could not find file|No such file or directory"
)
_AT_ONCE, _TAIL = 1 << 20, 1 << 16
_LONG_HEADER, _HEADER, _ALIGNED = 40, 24, 8  # bytes: of a file's first page, of others


def find(data: str, binaries: str) -> End | str:
    """Return the end, or why it cannot be told."""
    control = controldata.read(data, binaries)
    if not {controldata.CHECKPOINT, controldata.TIMELINE} <= set(control):
        return "its control file cannot be read"
    if not os.access(f"{binaries}/{_PROGRAM}", os.X_OK):
        return f"there is no {_PROGRAM}, which tells where its write-ahead log ends"
    segment = int(control[controldata.SEGMENT])
    try:
        timeline, start = _start(os.listdir(f"{data}/pg_wal"), control, segment)
        before = _before(data, timeline)
        position = _scan(f"{binaries}/{_PROGRAM}", data, timeline, start, control)
    except OSError as ex:
        return f"its write-ahead log cannot be read: {ex.strerror}"
    if not position:
        return f"its write-ahead log cannot be read from {wal.text(start)} on"
    reached = wal.number(control.get(controldata.REACHED, "0/0"))
    # The rest of a file that was switched away from belongs to its last record.
    if reached > position + -position % segment:
        return f"its data files are at {wal.text(reached)}, beyond its write-ahead log"
    return End(timeline, position, before)


def _start(
    names: list[str], control: Mapping[str, str], segment: int
) -> tuple[int, int]:
    """Return the newest timeline, and where to begin to read it.

    A promotion is on a new one before the first checkpoint that pg_control tells of.
    """
    told = int(control[controldata.TIMELINE])
    files = list(filter(wal.is_file, names))
    newest = max((int(name[:8], 16) for name in files), default=told)
    if newest <= told:
        return told, wal.number(control[controldata.CHECKPOINT])
    mine = [wal.first(name, segment) for name in files if int(name[:8], 16) == newest]
    return newest, min(mine)


def _before(data: str, timeline: int) -> Left:
    if timeline == 1:
        return ()
    with open(f"{data}/pg_wal/{timeline:08X}.history", encoding="ascii") as file:
        return history(file.read())


def _scan(
    program: str, data: str, timeline: int, start: int, control: Mapping[str, str]
) -> int:
    """Return where the last valid record ends, 0 where there is none."""
    line = [program, "-p", f"{data}/pg_wal", "-t", str(timeline), "-s", wal.text(start)]
    with subprocess.Popen(
        line,
        env=programs.environment(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        tail = b""
        while block := process.stdout.read(_AT_ONCE):
            tail = (tail + block)[-_TAIL:]
        said = process.stderr.read(_TAIL)
    if process.returncode and not (process.returncode > 0 and _ENDS.search(said)):
        raise OSError(0, f"{_PROGRAM} has not come to its end: {_shown(said)}")
    found = _RECORD.findall(tail)
    if not found:
        return 0
    length, at = found[-1]
    page, segment = int(control[controldata.PAGE]), int(control[controldata.SEGMENT])
    return record_end(wal.number(at.decode()), int(length), page, segment)


def _shown(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it was killed"


def record_end(start: int, length: int, page: int, segment: int) -> int:
    """Return where a record of *length* bytes ends that begins at *start*: each page that it
    goes on in has a header."""
    at, left = start, length
    while left > (room := page - at % page):
        left -= room
        at += room
        at += _HEADER if at % segment else _LONG_HEADER
    return at + -(-left // _ALIGNED) * _ALIGNED
