"""Ending the monitor of a resource, whoever started it.

The process is found by what it holds, not by a number: the record names it, and
where it does not, the holder of monitor.lock is looked for.
"""

from __future__ import annotations

import os
import time
from itertools import pairwise

from pgx_base import files, locks, proc
from pgx_base.light import signal
from pgx_base.report import Failure
from pgx_base.signals import send_signal
from pgx_pclrsc import monitors, record, registry
from pgx_pclrsc.core import names
from pgx_pclrsc.core.definition import ResourceDefinition

# Signals, and the seconds a monitor has to end after each: for the evidence of a fault.
# The last one is for its child, which writes on where only the monitor was named.
_SIGNALS = (
    (signal.SIGTERM, 0.5),
    (signal.SIGKILL, 2.0),
    (signal.SIGKILL, 3.0),
)
_LOOK_AGAIN = 0.002


def ask_to_end(dir_fd: int) -> None:
    """Send SIGTERM to the monitor that holds monitor.lock, and do not wait for its end.

    Raises OSError when the lock cannot be looked at.
    """
    fd = files.open_regular(dir_fd, names.MONITOR_LOCK)
    try:
        if locks.is_held(fd, locks.MONITOR):
            for pid, start in _monitors(dir_fd, fd):
                send_signal(pid, start, signal.SIGTERM)
    finally:
        os.close(fd)


def end_monitor(dir_fd: int) -> None:
    """End the monitor that holds monitor.lock and wait until the lock is free.

    Raises Failure when it does not go, OSError when the lock cannot be looked at.
    """
    try:
        fd = files.open_regular(dir_fd, names.MONITOR_LOCK)
    except FileNotFoundError:
        _end_recorded(dir_fd)
        return
    try:
        for number, seconds in _SIGNALS:
            if not locks.is_held(fd, locks.MONITOR):
                return
            for pid, start in _monitors(dir_fd, fd):
                send_signal(pid, start, number)
            if _is_free(fd, seconds):
                return
    finally:
        os.close(fd)
    raise Failure(
        "could not end the monitor: its lock is still held",
        detail=f"Processes that have monitor.lock open: {_named(dir_fd)}.",
    )


def end_before_start(dir_fd: int) -> None:
    """End the monitor, as Online does before anything of the instance is touched.

    Raises Failure, also when the lock cannot be looked at: two monitors could be at work.
    """
    try:
        end_monitor(dir_fd)
    except OSError as ex:
        raise Failure(
            f'could not open lock file "{names.MONITOR_LOCK}": {ex.strerror or ex}',
            hint="Find out what has put it into the work directory, and remove it.",
        ) from ex


def _end_recorded(dir_fd: int) -> None:
    """Kill the record's monitor: without its lock file it would end by itself, if it ran."""
    found = record.current(dir_fd)
    if found is None or not proc.alive(found.monitor, found.monitor_start):
        return
    if monitors.is_monitor(proc.cmdline(found.monitor)):
        send_signal(found.monitor, found.monitor_start, signal.SIGKILL)


def _is_free(fd: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while locks.is_held(fd, locks.MONITOR):
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK_AGAIN)
    return True


def _monitors(dir_fd: int, fd: int) -> list[tuple[int, int]]:
    """Return PID and start time of the lock's holder: by the record, else by looking."""
    found = record.current(dir_fd)
    if (
        found is not None
        and proc.alive(found.monitor, found.monitor_start)
        and monitors.has_open(found.monitor, os.fstat(fd))
    ):
        return [(found.monitor, found.monitor_start)]
    return monitors.holders(fd)


def _named(dir_fd: int) -> str:
    fd = files.open_regular(dir_fd, names.MONITOR_LOCK)
    try:
        return (
            ", ".join(str(pid) for pid, _ in monitors.holders(fd))
            or "none that can be seen"
        )
    finally:
        os.close(fd)


def end_who_speaks(root: str, definition: ResourceDefinition) -> None:
    """End by name a monitor that goes on speaking by the beacon without monitor.lock.

    Its file was removed, and with it transition.lock, by which it would know of an Offline.
    """
    fd = locks.open_beacon(registry.beacon_path(root, definition.name))
    if fd < 0:
        return
    try:
        if locks.is_held(fd, locks.FRESH, locks.ONLINE_IS - locks.FRESH):
            end_by_name(root, definition)
    finally:
        os.close(fd)


def end_by_name(root: str, definition: ResourceDefinition) -> None:
    """Kill the resource's monitors by their command line, where no lock can be asked."""
    for pid in proc.pids():
        stat = proc.read_stat(pid)
        if stat is not None and _is_monitor_of(pid, root, definition):
            send_signal(pid, stat[2], signal.SIGKILL)


def _is_monitor_of(pid: int, root: str, definition: ResourceDefinition) -> bool:
    if proc.uid_of(pid) != definition.uid:
        return False
    words = proc.cmdline(pid)
    named = any(
        os.path.basename(word) == monitors.PROGRAM and after == definition.name
        for word, after in pairwise(words[:5])
    )
    return named and _registry_of(pid) == os.path.abspath(root)


def _registry_of(pid: int) -> str:
    """Return the registry that *pid* was started with: two may have the same name in it."""
    try:
        with open(f"/proc/{pid}/environ", encoding="utf-8", errors="replace") as file:
            words = file.read().split("\0")
    except OSError:
        return ""
    environ = dict(word.split("=", 1) for word in words if "=" in word)
    return os.path.abspath(registry.root(environ))
