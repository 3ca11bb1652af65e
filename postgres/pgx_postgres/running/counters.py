"""What a process has done so far: processor time, and bytes read and written.

Read from /proc alone.
"""

from __future__ import annotations

import os

_TICKS = os.sysconf("SC_CLK_TCK")
_READ, _WRITTEN = (b"rchar:", b"read_bytes:"), (b"wchar:", b"write_bytes:")


def _bytes(path: str) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(fd, 8192)
    except OSError:
        return b""
    finally:
        os.close(fd)


def cpu_seconds(pid: int) -> float:
    """Return the processor time of *pid* and of the children that it has waited for."""
    text = _bytes(f"/proc/{pid}/stat")
    fields = text[text.rfind(b")") + 2 :].split()
    return sum(map(int, fields[11:15])) / _TICKS


def io_bytes(pid: int) -> tuple[int, int] | None:
    """Return how much *pid* and its ended children have read and written, by call or not.

    None where that may not be looked into: it runs as somebody else, by sudo.
    """
    lines = _bytes(f"/proc/{pid}/io").splitlines()
    if not lines:
        return None
    return _sum(lines, _READ), _sum(lines, _WRITTEN)


def _sum(lines: list[bytes], names: tuple[bytes, ...]) -> int:
    return sum(int(line.split()[1]) for line in lines if line.startswith(names))
