"""Which processes are monitors, whoever started them."""

from __future__ import annotations

import os

from pgx_base import proc

PROGRAM = "pgx_monitor"


def is_monitor(words: list[str]) -> bool:
    """Whether a command line of *words* is a monitor's."""
    return proc.is_program(words, PROGRAM)


def holders(fd: int) -> list[tuple[int, int]]:
    """Return PID and start time of our user's monitors that have the file of *fd* open."""
    wanted = os.fstat(fd)
    found = []
    for pid in proc.pids():
        stat = proc.read_stat(pid)
        if stat is not None and is_monitor(proc.cmdline(pid)) and has_open(pid, wanted):
            found.append((pid, stat[2]))
    return found


def has_open(pid: int, wanted: os.stat_result) -> bool:
    """Whether *pid* has the file of *wanted* open, as far as it may be looked into."""
    key = wanted.st_dev, wanted.st_ino
    try:
        return any(
            proc.link_key(f"/proc/{pid}/fd/{name}") == key
            for name in os.listdir(f"/proc/{pid}/fd")
        )
    except OSError:
        return False
