"""Sending a signal to one process and to no other, however soon its PID is used again."""

from __future__ import annotations

import os

from pgx_base import proc
from pgx_base.light import signal


def send_signal(pid: int, start: int, number: int) -> bool:
    """Signal the process with this PID and start time and no other; False when it is gone.

    Raises PermissionError.
    """
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if not proc.alive(pid, start):
            return False
        signal.pidfd_send_signal(pidfd, number)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(pidfd)
