"""A program that runs: a session and a process group of its own, with nothing of ours.

Whether it may run is looked at in the child that becomes it, since the disk that it lies on
may hang: whoever waits for it waits by descriptors alone.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
from contextlib import suppress
from functools import partial
from typing import NoReturn

from pgx_base import prologue
from pgx_base.forked import Forked
from pgx_mirror.commands import sound
from pgx_mirror.commands.order import Order
from pgx_mirror.commands.output import Output

_ENDS_WITHIN = 2.0  # seconds from SIGTERM to SIGKILL
_DIES_WITHIN = (
    1.0  # seconds after SIGKILL: what is in the kernel then is not waited for
)
_CHUNK = 1 << 16
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>


class Program:
    """One call.  `pidfd` is readable once it has ended, `fd` when it says something."""

    def __init__(self, order: Order) -> None:
        """Raises OSError: no process, no descriptors."""
        self._refused, refuses = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            self._process = Forked(partial(_become, order, refuses, os.getpid()))
        except OSError:
            os.close(self._refused)
            raise
        finally:
            os.close(refuses)
        self.pidfd, self.fd = self._process.pidfd, self._process.fd
        self.output = Output()

    def hear(self) -> bool:
        """Take what it has said; return whether more may come."""
        with suppress(BlockingIOError):
            while data := os.read(self.fd, _CHUNK):
                self.output.take(data)
            return False
        return True

    def refusal(self) -> str | None:
        """Return why it was not run, "" where it was, None while that is not known."""
        try:
            return os.read(self._refused, _CHUNK).decode("utf-8", "replace")
        except BlockingIOError:
            return None

    def result(self) -> str:
        """Return how it has ended, "" for exit status 0.  It has ended."""
        found = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG)
        if found is None:
            return "it cannot be ended"
        if found.si_code == os.CLD_EXITED:
            return f"exit status {found.si_status}" if found.si_status else ""
        return f"ended by signal {found.si_status}"

    def end(self) -> None:
        """End it and all of its process group, whose number is its own until it is reaped."""
        self._signal(signal.SIGTERM)
        self._wait(_ENDS_WITHIN)
        self._signal(signal.SIGKILL)
        self._process.kill()  # it may not have come as far as to a group of its own
        self._wait(_DIES_WITHIN)

    def close(self) -> None:
        """Let go of it, ended or not."""
        self._process.leave()
        os.close(self._refused)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _wait(self, seconds: float) -> None:
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        poll.poll(seconds * 1000)


def _become(order: Order, refuses: int, waits: int, _reads: int, says: int) -> NoReturn:
    """Be the program of *order*, or say into *refuses* why not; *waits*: who waits for it."""
    why = ""
    try:
        os.setsid()
        _end_with(waits)
        prologue.ordinary_signals()
        _streams(says)
        prologue.close_all_but({*prologue.STANDARD, refuses})
        os.chdir("/")
        os.umask(0o022)
        why = sound.fault(order.path)
        if not why:
            words = [order.path, *order.arguments]
            os.execve(order.path, words, order.environment())
    except OSError as ex:
        why = ex.strerror or str(ex)
    finally:
        os.write(refuses, (why or "it cannot be run").encode())
        os._exit(127)


def _end_with(waits: int) -> None:
    """Have the kernel end it with its hand: nobody else knows how long it may take."""
    with suppress(AttributeError):  # glibc, and all that are like it, have it
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != waits:
        os._exit(127)


def _streams(says: int) -> None:
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(says, 1)
    os.dup2(says, 2)
