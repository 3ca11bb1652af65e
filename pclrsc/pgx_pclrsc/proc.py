"""Reading /proc: which process is which, told by start time and boot, not by number.

A PID alone proves nothing, it is used again; PID, start time and boot id together
name one process for ever.  pgx_check imports this, so only `os` is used.
"""

from __future__ import annotations

import os

BOOT_ID = "/proc/sys/kernel/random/boot_id"


def _slurp(path: str, limit: int = 65536) -> bytes:
    """Return what *path* in /proc holds.  Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        data = os.read(fd, limit)
        while len(data) < limit and (more := os.read(fd, limit - len(data))):
            data += more
        return data
    finally:
        os.close(fd)


def boot_id() -> str:
    """Return the id of this boot.  Raises OSError when /proc is not mounted."""
    return _slurp(BOOT_ID, 64).decode("ascii", "replace").strip()


def read_stat(pid: int) -> tuple[str, int, int] | None:
    """Return state letter, parent and start time (clock ticks) of *pid*, None when gone."""
    try:
        text = _slurp(f"/proc/{pid}/stat", 4096)
    except OSError:
        return None
    fields = text[text.rfind(b")") + 2 :].split()
    if len(fields) < 20:
        return None
    return fields[0].decode(), int(fields[1]), int(fields[19])


def alive(pid: int, start: int) -> bool:
    """Whether *pid* is still the process that began at *start*; a zombie is dead."""
    stat = read_stat(pid)
    return stat is not None and stat[2] == start and stat[0] not in "ZX"


def pids() -> list[int]:
    """Return every PID of this PID namespace.  Raises OSError when /proc is not mounted."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def uid_of(pid: int) -> int | None:
    """Return the effective user id of *pid* from its status, None when gone."""
    try:
        text = _slurp(f"/proc/{pid}/status", 4096)
    except OSError:
        return None
    at = text.find(b"\nUid:")
    return int(text[at + 5 :].split(None, 2)[1]) if at >= 0 else None


def cmdline(pid: int) -> list[str]:
    """Return the arguments of *pid*, an empty list when gone or a kernel thread."""
    try:
        text = _slurp(f"/proc/{pid}/cmdline", 4096)
    except OSError:
        return []
    return text.decode("utf-8", "replace").rstrip("\0").split("\0") if text else []


def exe(pid: int) -> str | None:
    """Return the path of the executable of *pid*, None when it may not be looked into."""
    try:
        return os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        return None


def cwd(pid: int) -> str | None:
    """Return the working directory of *pid* as the kernel names it; asks no file system."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return None


def cwd_key(pid: int) -> tuple[int, int] | None:
    """Return device and inode of the working directory of *pid*, None when unknown."""
    try:
        found = os.stat(f"/proc/{pid}/cwd")
    except OSError:
        return None
    return found.st_dev, found.st_ino


def monotonic_ms() -> int:
    """Return CLOCK_MONOTONIC in milliseconds."""
    import time

    return time.monotonic_ns() // 1_000_000
