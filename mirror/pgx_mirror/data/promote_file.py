"""A promotion asked for as `pg_ctl promote` does: by a file and a signal, without a session.

A session takes some 25 ms, while nobody can commit.  PostgreSQL removes the file at each
start, so that none is ever promoted by what an earlier run has left.
"""

from __future__ import annotations

import os
import signal

from pgx_base.idents import Ident
from pgx_base.signals import send_signal
from pgx_mirror.data import signal_file, steps

_FILE = "promote"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def ask(dir_fd: int, postmaster: Ident) -> bool:
    """Ask *postmaster*, whose directory *dir_fd* is; False where it is gone or no standby.

    To be asked again and again until it is none: at the wrong moment of its search for WAL a
    standby notes that it was asked, and sleeps on for wal_retrieve_retry_interval (5 s; seen
    on 15).  Raises OSError.
    """
    if not signal_file.is_there(dir_fd):
        return False
    with steps.told_of(_FILE):
        os.close(os.open(_FILE, _NEW, steps.new_mode(dir_fd), dir_fd=dir_fd))
    return send_signal(*postmaster, signal.SIGUSR1)


def forget(dir_fd: int) -> None:
    """Have no file left of who was asked again while it was promoted already."""
    steps.remove_quietly(dir_fd, _FILE)
