"""Waiting until a server takes connections, and saying what it is doing meanwhile.

The PID file's last line tells: `starting`, `ready`, or `standby` for one that takes none.
Its end is seen by its pidfd.  Waiting is short at first, so that a quick start is not
held up, and long later.
"""

from __future__ import annotations

import time

from pgx_base import proc
from pgx_base.light.dataclasses import dataclass
from pgx_postgres import pidfile, titles
from pgx_postgres.processes import children, holdings
from pgx_postgres.running.caller import Caller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

Outcome: TypeAlias = "Literal['ready', 'exited', 'late']"

REPORT_EVERY = 10.0  # seconds
_SHOWN = 200  # letters of a command


@dataclass(frozen=True, slots=True)
class Doing:
    """What keeps a start, in words; *recovering*: time alone may end it."""

    text: str
    recovering: bool = False


def _slice(waited: float) -> float:
    """Return how long to wait until the PID file is looked at again, in seconds."""
    if waited < 1.0:
        return 0.002
    return 0.02 if waited < 10.0 else 0.2


def wait_ready(
    data_directory: str,
    pid: int,
    pidfd: int,
    until: float,
    caller: Caller,
    stale: pidfile.Stamp | None = None,
) -> Outcome:
    """Wait until postmaster *pid* takes connections, has ended, or *until* has passed.

    *stale* is the PID file that was there before it began, whatever that says.
    """
    began = time.monotonic()
    reported = began
    while not _is_ready(data_directory, pid, stale):
        now = time.monotonic()
        if now >= until:
            return "late"
        if now - reported >= REPORT_EVERY:
            caller.say(f"still starting after {now - began:.0f} s: {doing(pid).text}")
            reported = now
        if pidfd in caller.wait([pidfd], min(_slice(now - began), until - now)):
            return "exited"
    return "ready"


def _is_ready(data_directory: str, pid: int, stale: pidfile.Stamp | None) -> bool:
    # In this order: what is read is no older than what is compared.
    if stale is not None and pidfile.stamp(data_directory) == stale:
        return False
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
    """Return its living children; what it has begun itself may have threads."""
    return [
        child
        for child in children.of(pid, threads=True)
        if (stat := proc.read_stat(child)) is not None and stat[0] not in "ZX"
    ]


def doing(postmaster: int) -> Doing:
    """Return what the startup process says it does, and which commands it waits for.

    Before there is one, that is what the postmaster waits for: a command (a pass phrase, a
    library's), a child, or something in the kernel (a name server, a log directory).
    """
    titles_of = {child: _title(child) for child in _children(postmaster)}
    cluster = titles.cluster_of(titles_of.values())
    for child, title in titles_of.items():
        if titles.role(title, cluster) == titles.STARTUP:
            return Doing(_with_commands(child, title), recovering=True)
    if titles.CHECKPOINTER in {titles.role(t, cluster) for t in titles_of.values()}:
        return Doing(f"postmaster {postmaster} has ended its recovery", recovering=True)
    waits = [_kept_by(child, title) for child, title in titles_of.items()]
    kept = ", ".join(filter(None, waits)) or _in_kernel(postmaster)
    return Doing(f"postmaster {postmaster} has not begun recovery, it waits {kept}")


def _title(pid: int) -> str:
    return " ".join(proc.cmdline(pid)).strip()


def _kept_by(child: int, title: str) -> str:
    """Return how *child* may keep a postmaster from its startup, nothing where it does not."""
    state = (proc.read_stat(child) or ("", 0, 0))[0]
    if titles.is_title(title) and state not in ("D", "T", "t"):
        return ""
    names = [_named(pid) for pid in (child, *_descendants(child))]
    where = f" {_in_kernel(child)}" if titles.is_title(title) else ""
    return f"for {', '.join(names)}{where}"


def _named(pid: int) -> str:
    return f'PID {pid} "{_title(pid)[:_SHOWN]}"'


def _in_kernel(pid: int) -> str:
    state = (proc.read_stat(pid) or ("?", 0, 0))[0]
    where = holdings.wait_channel(pid)
    return f"in the kernel at {where}, state {state}" if where else f"in state {state}"


def _with_commands(startup: int, title: str) -> str:
    commands = [_named(child) for child in _descendants(startup)]
    said = f'process {startup} "{title}"'
    return f"{said} waits for {', '.join(commands)}" if commands else said


def _descendants(pid: int) -> list[int]:
    begun = _children(pid)
    return [*begun, *(below for child in begun for below in _descendants(child))]
