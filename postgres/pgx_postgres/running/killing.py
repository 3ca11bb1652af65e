"""Sending signals to an instance's processes, to them and to nobody else.

Each is signalled through a pidfd whose start time was looked at after it was opened, so
a PID that was used again in between is never hit.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from pgx_base import proc
from pgx_base.idents import Ident
from pgx_base.light import signal
from pgx_base.signals import send_signal
from pgx_postgres import titles
from pgx_postgres.processes.instance import Process

_STOPS_WITHIN = 0.2  # seconds; one that is in the kernel stops when it comes out of it
_LOOK_AGAIN = 0.001

Find = Callable[[], list[Process]]


def send(process: Process, number: int) -> bool:
    """Signal *process*; False when we may not.  One that is gone already is fine."""
    try:
        send_signal(process.pid, process.start, number)
    except PermissionError:
        return False
    return True


def request(postmaster: Process, mode: str) -> bool:
    """Request a fast or immediate shutdown.

    A standalone backend knows neither: SIGTERM makes it end cleanly.
    """
    if mode == "immediate":
        return send(postmaster, signal.SIGQUIT)
    return send(postmaster, signal.SIGTERM if postmaster.standalone else signal.SIGINT)


def end(processes: list[Process]) -> None:
    """Ask *processes* to end by SIGTERM."""
    for process in processes:
        send(process, signal.SIGTERM)


def kill_all(find: Find) -> tuple[list[Process], list[Process]]:
    """Kill what *find* finds; return whom we have signalled and whom we may not signal.

    What can fork is stopped first, and what it has begun is found while it stands still.
    The postmaster is killed first and never continued: it would replace what it lost, and
    fork its whole backlog.
    """
    _hold([process for process in find() if _can_fork(process)])
    found = sorted(find(), key=lambda process: not process.head)
    allowed = [(process, send(process, signal.SIGKILL)) for process in found]
    return (
        [process for process, sent in allowed if sent],
        [process for process, sent in allowed if not sent],
    )


def _can_fork(process: Process) -> bool:
    """A server's own children begin nothing but through a command, which can."""
    return process.head or not titles.is_title(process.command)


def _hold(forking: list[Process]) -> None:
    held = {process.ident for process in forking if send(process, signal.SIGSTOP)}
    until = time.monotonic() + _STOPS_WITHIN
    while any(_runs(ident) for ident in held) and time.monotonic() < until:
        time.sleep(_LOOK_AGAIN)


def _runs(ident: Ident) -> bool:
    """Whether a process that was sent SIGSTOP may still do something."""
    stat = proc.read_stat(ident[0])
    return stat is not None and stat[2] == ident[1] and stat[0] in "RS"
