"""A child that may hang in the kernel, without harm to anybody.

It keeps nothing open but its own two ends, so that no lock of the controller's, and no
file system but the one that hangs, is held by it.  It ends when the controller does, as
soon as the kernel lets it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from pgx_base import prologue

_CHUNK = 1 << 16


class Child:
    """Runs *job* with what it reads from and writes to; each line that it writes is heard."""

    def __init__(self, job: Callable[[int, int], None]) -> None:
        theirs, self._ask_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.fd, said = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.ended = False
        self._heard = b""
        self.pid = os.fork()
        if self.pid == 0:
            _run(job, theirs, said)
        # Its number may be another's once it was reaped: it is ended by this alone.
        self._pidfd = os.pidfd_open(self.pid)  # without it no job is asked for
        os.close(theirs)
        os.close(said)

    def ask(self) -> None:
        """Have it do its work once more."""
        with suppress(OSError):
            os.write(self._ask_fd, b".")

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
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        for fd in (self._pidfd, self.fd, self._ask_fd):
            os.close(fd)


def _run(job: Callable[[int, int], None], read_fd: int, write_fd: int) -> NoReturn:
    try:
        prologue.ordinary_signals()
        for name in os.listdir("/proc/self/fd"):
            if int(name) not in (read_fd, write_fd):
                with suppress(OSError):
                    os.close(int(name))
        os.chdir("/")
        for fd in (read_fd, write_fd):
            os.set_blocking(fd, True)
        job(read_fd, write_fd)
    finally:
        os._exit(0)
