"""A child that may hang in the kernel, without harm to anybody.

It keeps nothing open but its own two ends, so that no lock of the controller's, and no
file system but the one that hangs, is held by it.  It ends when the controller does, as
soon as the kernel lets it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import NoReturn

from pgx_base import prologue
from pgx_base.forked import Forked

_CHUNK = 1 << 16


class Child:
    """Runs *job* with what it reads from and writes to; each line that it writes is heard."""

    def __init__(self, job: Callable[[int, int], None]) -> None:
        """Raises OSError: no descriptors, no process."""
        self._process = Forked(partial(_run, job))
        self.fd = self._process.fd
        self.ended = False
        self._heard = b""

    @property
    def pid(self) -> int:
        """Its PID, as long as nobody has reaped it."""
        return self._process.pid

    def tell(self, data: bytes) -> None:
        """Tell it *data*: what is to be done."""
        self._process.tell(data)

    def hear(self) -> list[str]:
        """Return the lines that it has said since; `ended` tells that there are no more."""
        try:
            while data := os.read(self.fd, _CHUNK):
                self._heard += data
            self.ended = True
        except BlockingIOError:
            pass
        *lines, self._heard = self._heard.split(b"\n")
        return [os.fsdecode(line) for line in lines]

    def close(self) -> None:
        """End it; who reaps the controller's children reaps it."""
        self._process.close()


def _run(job: Callable[[int, int], None], read_fd: int, write_fd: int) -> NoReturn:
    try:
        prologue.ordinary_signals()
        prologue.close_all_but((read_fd, write_fd))
        _fill(read_fd, write_fd)
        os.chdir("/")
        job(read_fd, write_fd)
    finally:
        os._exit(0)


def _fill(*kept: int) -> None:
    """Let 0, 1 and 2 lead nowhere: what is opened next gets none of them by chance."""
    null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
    for fd in {0, 1, 2} - {null, *kept}:
        os.dup2(null, fd)
    if null > 2:
        os.close(null)
