"""A controller or a command at work, held behind one durable call or another, and struck there.

strace has every fsync and rename of a controller's hands end in a SIGSTOP, so a hand goes
on only when it is told to: no strike depends on time.  Calls that come between two of those
need no strike of their own, since they leave the same files to whoever comes next.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fixtures import processes
from fixtures.needs import missing
from fixtures.processes import wait_until
from pgx_base import proc
from pgx_mirror.core import mark as marks
from tests.mirror.struck import traced

_CALLS = "fsync,?rename,?renameat,?renameat2"
_STOPPED = re.compile(r"^(\d+) --- stopped by SIGSTOP", re.MULTILINE)


@dataclass(frozen=True)
class Stop:
    """A hand that is stopped behind a durable call: its PID, and the call in words."""

    pid: int
    call: str


def last_call(log: str, pid: str) -> str:
    """Return the last call of *pid* in strace's *log*, `?` without one.

    A call in which strace tells of another process is told in two lines: what it is called
    with stands in the first one alone.
    """
    said = [line for line in log.splitlines() if line.startswith(f"{pid} ")]
    calls = [line.removeprefix(pid).strip() for line in said if "---" not in line]
    begun = [call for call in calls if not call.startswith("<... ")]
    return begun[-1] if begun else "?"


class Held:
    """What runs for one server, each of whose durable calls ends in a stop."""

    def __init__(
        self, data: Path, log: Path, calls: str = _CALLS, seldom: str = ""
    ) -> None:
        if reason := missing("strace"):
            pytest.skip(reason)
        self._data, self._log = data, log
        self._seen = 0
        log.unlink(missing_ok=True)
        self._words = ["strace", "-f", "-y", "-qq", "-o", str(log)]
        traced = f"{calls},{seldom}" if seldom else calls
        self._words += ["-e", f"trace={traced}", "-e", f"inject={calls}:signal=STOP"]
        if seldom:
            self._words += ["-e", f"inject={seldom}:signal=STOP:when=1+50"]

    def hold(self, pids: list[int]) -> None:
        """Hold the processes *pids*, and what they fork."""
        words = [word for pid in pids for word in ("-p", str(pid))]
        self._begin(words)
        wait_until(lambda: all(map(self._is_traced, pids)), "strace is there", 60)

    def run(self, line: list[str], **options: Any) -> subprocess.Popen[str]:
        """Run a command that is held, and what it starts."""
        self._log.touch()
        self._log.chmod(0o666)  # it may be another user's
        return self._begin(line, **options)

    def _begin(self, words: list[str], **options: Any) -> subprocess.Popen[str]:
        self._tracer = subprocess.Popen(
            [*self._words, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            **options,
        )
        return self._tracer

    def _is_traced(self, pid: int) -> bool:
        assert self._tracer.poll() is None
        return traced(pid, self._tracer.pid)

    def stops(self) -> list[Stop]:
        """Return the hands that have stopped since the last call."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        found = list(_STOPPED.finditer(text))
        new, self._seen = found[self._seen :], len(found)
        return [self._stop(text, match) for match in new]

    def _stop(self, text: str, match: re.Match[str]) -> Stop:
        return Stop(int(match[1]), last_call(text[: match.start()], match[1]))

    def is_durable(self, stop: Stop) -> bool:
        """Whether *stop* is behind a call that mark or postgresql.conf depend on.

        PostgreSQL's own are left out: a recovery after a crash syncs every file there.
        """
        if os.path.basename(proc.exe(stop.pid) or "") == "postgres":
            return False
        names = (marks.FILE, "postgresql.conf", f"<{self._data}>")
        return any(name in stop.call for name in names)

    def go_on(self, stop: Stop) -> None:
        """Let a hand go on."""
        processes.kill(stop.pid, signal.SIGCONT)

    def end(self) -> None:
        """Let all of them go on, untraced."""
        self._tracer.kill()  # whom it traced goes on
        self._tracer.wait(60)
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        for pid in {int(match[1]) for match in _STOPPED.finditer(text)}:
            if (stat := proc.read_stat(pid)) is not None and stat[0] == "T":
                processes.kill(pid, signal.SIGCONT)


@contextmanager
def holding(
    data: Path, log: Path, calls: str = _CALLS, seldom: str = ""
) -> Iterator[Held]:
    """Hold what works on the server on *data*; it goes on afterwards.

    *calls*: those that end in a stop; *seldom*: those of which the first does, and each
    50th after it.
    """
    made = Held(data, log, calls, seldom)
    try:
        yield made
    finally:
        made.end()
