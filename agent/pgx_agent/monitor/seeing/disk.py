"""Does the data directory's disk answer?

A monitor that Check starts opens files there while it holds the transition lock.  On a
disk that hangs it would hold that lock for ever, and no Offline could begin.  So a child
that holds nothing tries first.
"""

from __future__ import annotations

import os
import select
import signal

from pgx_base import locks
from pgx_postgres import pidfile
from pgx_postgres.control import VERSION_FILE

TRIED = 2  # byte of monitor.lock: held by a child that still waits for the disk
_PATIENCE = 3.0  # seconds


def answers(data_directory: str, lock_fd: int) -> bool:
    """Whether files in *data_directory* can be opened; a missing one is an answer too.

    *lock_fd* is monitor.lock: no second child is sent while one waits.
    """
    if not locks.take(lock_fd, TRIED):
        return False
    pid = os.fork()
    if pid == 0:
        _try(data_directory)
    pidfd = os.pidfd_open(pid)
    try:
        ready, _, _ = select.select([pidfd], [], [], _PATIENCE)
    finally:
        os.close(pidfd)
    if not ready:
        os.kill(pid, signal.SIGKILL)  # it dies when the disk answers, and lets go then
        return False
    os.waitpid(pid, 0)
    locks.release(lock_fd, TRIED)
    return True


def _try(data_directory: str) -> None:
    """Do what the claim does; never returns."""
    try:
        for name in (VERSION_FILE, pidfile.NAME):
            os.close(os.open(f"{data_directory}/{name}", os.O_RDONLY | os.O_NONBLOCK))
    except OSError:
        pass
    finally:
        os._exit(0)
