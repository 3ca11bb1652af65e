"""pg_basebackup, or pg_rewind: run, told of, and ended with us.

Its progress is what pg_stat_progress_basebackup has, told by the program itself: the
manual's pg_hba.conf lets this host in for replication alone, so that view cannot be asked
from here.  It is written to a pipe of ours: should we be killed, the program dies of its
next line.  Its child, which receives the write-ahead log, lives on (PostgreSQL 15 and 18);
the lock that both were given tells the next setup, which ends it.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Protocol

from pgx_base.failure import Failure
from pgx_base.text import printable
from pgx_mirror.setup import programs
from pgx_mirror.setup.source import Source

_AMOUNT = re.compile(r"\s*(\d+)/(\d+) kB \((\d+)%\)(, .*| copied)")
_APART = 1.0  # seconds between two lines that tell how far it is
_ALL = 100  # per cent
_ENDS_WITHIN = 10.0  # seconds
_PAUSE = 0.02
_AT_ONCE = 1 << 16
_LAST_LINES = 5
_STDERR_ALONE = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}


@dataclass(frozen=True, slots=True)
class Program:
    """A program that copies: its name, and what is told of the phases that it says.

    primary    the message where it fails
    tells_all  each line of it is told, what it writes to standard output as well
    """

    name: str
    phases: Mapping[str, str]
    primary: str
    tells_all: bool = False


PG_BASEBACKUP = Program(
    "pg_basebackup",
    {
        "initiating base backup": "waiting for the primary's checkpoint",
        "checkpoint completed": "copying",
        "waiting for background process": "waiting for the last of the write-ahead log",
        "syncing data to disk": "syncing",
    },
    primary="could not copy the primary's data directory",
)


class Work(Protocol):
    """What is to be run: the command line has no secret in it."""

    @property
    def program(self) -> Program:
        """Which program it is."""

    @property
    def environ(self) -> Mapping[str, str]:
        """What it is told by its environment."""

    def line(self) -> list[str]:
        """Return the command line; its first word is the program's path."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What is copied where: *programs* is the directory of the primary's version."""

    programs: str
    source: Source
    data: str
    wal: str
    slot: str

    @property
    def program(self) -> Program:
        """pg_basebackup."""
        return PG_BASEBACKUP

    @property
    def environ(self) -> Mapping[str, str]:
        """Nothing besides."""
        return {}

    def line(self) -> list[str]:
        """Return the command line; there is no secret in it."""
        return [
            f"{self.programs}/{self.program.name}",
            f"--pgdata={self.data}",
            *([f"--waldir={self.wal}"] if self.wal else []),
            "--wal-method=stream",
            "--write-recovery-conf",
            *([f"--slot={self.slot}"] if self.slot else []),
            "--checkpoint=fast",
            # It would empty whatever is at that path when it fails; `making` sees to that.
            "--no-clean",
            "--progress",
            "--verbose",
            "--no-password",
            f"--dbname={self.source.conninfo(application_name=self.source.joining)}",
        ]


def copy(what: Work, lock_fd: int, tell: Callable[[str], None]) -> None:
    """Copy the primary's data directory, telling how far it is.  Raises Failure."""
    said: list[str] = []
    streams = {} if what.program.tells_all else _STDERR_ALONE
    how = {"environ": what.environ, "pass_fds": [lock_fd], **streams}
    with programs.running(what.line(), _end, **how) as process:
        for text in told(_kept(_lines(process), said), what.program):
            tell(text)
        if process.wait() != 0:
            raise _failed(process.returncode, said, what.program)


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Yield what the program says until it has ended, whoever else has its stderr by then."""
    fd, pidfd = _speech(process).fileno(), os.pidfd_open(process.pid)
    poll = select.poll()
    for each in (fd, pidfd):
        poll.register(each, select.POLLIN)
    heard = b""
    try:
        while fd in dict(poll.poll()) and (data := os.read(fd, _AT_ONCE)):
            *whole, heard = (heard + data).split(b"\n")
            yield from (line.decode("utf-8", "replace") for line in whole)
    finally:
        os.close(pidfd)


def _speech(process: subprocess.Popen[bytes]) -> IO[bytes]:
    """Return what it is heard by."""
    found = process.stderr or process.stdout
    assert found is not None
    return found


def _kept(lines: Iterator[str], said: list[str]) -> Iterator[str]:
    """Yield *lines*, keeping the last in *said*."""
    for line in lines:
        if not _AMOUNT.fullmatch(line.rstrip()):
            said.append(line.rstrip())
            del said[:-_LAST_LINES]
        yield line


def told(
    lines: Iterator[str],
    program: Program,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[str]:
    """Yield what is told of *program*'s *lines*: phases, and how many per cent there are.

    The latter as they change, and no sooner than a second after those before; *now* has
    seconds.
    """
    shown, since = -1, -_APART
    for line in lines:
        if program.tells_all:
            yield from filter(None, [printable(line.rstrip())])
            continue
        if amount := _AMOUNT.fullmatch(line.rstrip()):
            done, total, percent = (int(word) for word in amount.groups()[:3])
            at = now()
            soon = at < since + _APART and percent < _ALL
            if percent != shown and not soon:
                shown, since = percent, at
                yield f"copied {percent} %, {done} of {total} kB"
            continue
        text = line.removeprefix(f"{program.name}: ")
        phases = program.phases.items()
        yield from (phase for words, phase in phases if text.startswith(words))


def _failed(code: int, said: list[str], program: Program) -> Failure:
    telling = [line for line in said if "error:" in line or "FATAL" in line] or said[
        -1:
    ]
    if code < 0:
        telling = [f"it was ended by signal {-code}"]
    elif program.tells_all:
        telling = [f"{program.name} has ended with exit status {code}"]
    return Failure(
        program.primary,
        detail="; ".join(telling).removeprefix(f"{program.name}: error: ") or None,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing of it running: it has a child that receives the write-ahead log."""
    number, until = signal.SIGTERM, time.monotonic() + _ENDS_WITHIN
    while _signal(process.pid, number):
        process.poll()
        time.sleep(_PAUSE)
        if time.monotonic() > until:
            number = signal.SIGKILL
        if time.monotonic() > until + _ENDS_WITHIN:
            break  # it hangs in the kernel, and holds our lock
    _speech(process).close()


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True
