"""What is kept in the trace at a verdict of Faulted: nothing of it can be had later."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from pgx_base import proc
from pgx_base.text import quoted
from pgx_postgres import server_log
from pgx_postgres.pidfile import PidFile
from pgx_postgres.seeing.questions import Asked
from pgx_postgres.seeing.sight import Sighting
from pgx_postgres.server_log import Mark


def gather(postmaster: int, pid_file: Sighting, asked: Iterable[Asked]) -> list[str]:
    """Return the lines of the evidence, but for the log; no disk is waited for."""
    now = time.monotonic()
    return [
        *_questions(asked, now),
        f"PID file: {pid_file.problem or _words(pid_file.found)}",
        *_processes(postmaster),
        *_node(),
    ]


def _words(found: PidFile | None) -> str:
    """Return what a PID file says in words; nothing where it was not seen."""
    if found is None:
        return "not seen"
    said = {
        "postmaster": found.pid,
        "of": quoted(found.data_directory),
        "port": found.port,
        "sockets in": quoted(found.socket_directory),
        "listens on": quoted(found.listen_address),
        "shared memory": found.shmid,
        "status": found.status,
    }
    return ", ".join(f"{word} {value or 'not there'}" for word, value in said.items())


def _questions(asked: Iterable[Asked], now: float) -> list[str]:
    lines = []
    for number, database, steps in asked:
        told = ", ".join(f"{at - now:+.3f} s {text}" for at, text in steps)
        lines.append(f"question {number} to {database}: {told}")
    return lines


def _processes(postmaster: int) -> list[str]:
    stat = proc.read_stat(postmaster)
    if stat is None:
        return [f"postmaster {postmaster}: gone"]
    lines = [f"postmaster {postmaster}: state {stat[0]}, waits in {_wchan(postmaster)}"]
    busy = [pid for pid in proc.pids() if _is_stuck(pid, postmaster)]
    lines += [f"child {pid} in state D, waits in {_wchan(pid)}" for pid in busy]
    return lines


def _is_stuck(pid: int, postmaster: int) -> bool:
    stat = proc.read_stat(pid)
    return stat is not None and stat[0] == "D" and stat[1] == postmaster


def _wchan(pid: int) -> str:
    return _read(f"/proc/{pid}/wchan") or "?"


def _read(path: str) -> str:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(fd, 4096).decode("utf-8", "replace").strip()
    except OSError:
        return ""
    finally:
        os.close(fd)


def _node() -> list[str]:
    lines = [f"load: {_read('/proc/loadavg')}"]
    for name in ("cpu", "memory", "io"):
        pressure = _read(f"/proc/pressure/{name}")
        if pressure:
            lines.append(f"pressure of {name}: {' / '.join(pressure.splitlines())}")
    memory = _read("/proc/meminfo").splitlines()
    lines.append("memory: " + ", ".join(" ".join(line.split()) for line in memory[:3]))
    return lines


def log(data_directory: str, dir_fd: int) -> list[str]:
    """Return the last lines of the server's log."""
    said = server_log.since(dir_fd, data_directory, Mark())
    return [f"server log: {line}" for line in said]
