"""Waiting until a server takes connections, and saying what it is doing meanwhile.

The PID file's last line tells: `starting`, `ready`, or `standby` for one that takes none.
Its end is seen by its pidfd.  Waiting is short at first, so that a quick start is not
held up, and long later.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from pgx_agent.postgres import pidfile
from pgx_pclrsc import proc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

Outcome: TypeAlias = "Literal['ready', 'exited', 'late']"

REPORT_EVERY = 10.0  # seconds
_TITLE = "startup"

# Waits for one of the descriptors to become readable, at most so many seconds.
Wait: TypeAlias = Callable[[list[int], float], list[int]]
Say: TypeAlias = Callable[[str], None]


def _slice(waited: float) -> float:
    """Return how long to wait until the PID file is looked at again, in seconds."""
    if waited < 1.0:
        return 0.002
    return 0.02 if waited < 10.0 else 0.2


def wait_ready(
    data_directory: str, pid: int, pidfd: int, until: float, wait: Wait, say: Say
) -> Outcome:
    """Wait until postmaster *pid* takes connections, has ended, or *until* has passed."""
    began = time.monotonic()
    reported = began
    while not _is_ready(data_directory, pid):
        now = time.monotonic()
        if now >= until:
            return "late"
        if now - reported >= REPORT_EVERY:
            say(f"still starting after {now - began:.0f} s: {doing(pid)}")
            reported = now
        if pidfd in wait([pidfd], min(_slice(now - began), until - now)):
            return "exited"
    return "ready"


def _is_ready(data_directory: str, pid: int) -> bool:
    try:
        found = pidfile.read(data_directory)
    except (pidfile.Garbled, OSError):
        return False
    return (
        found is not None
        and found.pid == pid
        and found.status in (pidfile.READY, pidfile.STANDBY)
    )


def _children(pid: int) -> list[int]:
    found = []
    for other in proc.pids():
        stat = proc.read_stat(other)
        if stat is not None and stat[1] == pid and stat[0] not in "ZX":
            found.append(other)
    return found


def doing(postmaster: int) -> str:
    """Return what the startup process says it does, and which commands it waits for."""
    for child in _children(postmaster):
        title = " ".join(proc.cmdline(child)).strip()
        if _TITLE in title:
            return _with_commands(child, title)
    return f"postmaster {postmaster} has no startup process"


def _with_commands(startup: int, title: str) -> str:
    commands = [
        f'PID {child} "{" ".join(proc.cmdline(child))[:200]}"'
        for child in _descendants(startup)
    ]
    said = f'process {startup} "{title}"'
    return f"{said} waits for {', '.join(commands)}" if commands else said


def _descendants(pid: int) -> list[int]:
    children = _children(pid)
    return [*children, *(below for child in children for below in _descendants(child))]
