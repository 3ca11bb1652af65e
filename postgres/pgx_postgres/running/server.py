"""Starting a server so that it never runs unrecorded.

The child waits on a pipe before it becomes the server.  PID, start time and boot id are
written and synced meanwhile; only then is it released.  Killed at any instant before,
the pipe closes and the child exits.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from pgx_base import proc, prologue
from pgx_base.failure import Failure
from pgx_base.light.dataclasses import dataclass
from pgx_postgres import pidfile
from pgx_postgres.binaries import SERVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

GRANDPARENT = "PG_GRANDPARENT_PID"
_GO = b"g"
_COULD_NOT_EXECUTE = 127


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be started: *log_fd* takes its output, *guard_fd* it inherits.

    *settings* are names and values that count more than those of its files.
    """

    bin_dir: str
    data_directory: str
    config_file: str
    environ: Mapping[str, str]
    log_fd: int
    guard_fd: int | None
    grandparent: int | None = None
    settings: tuple[tuple[str, str], ...] = ()

    def arguments(self) -> list[str]:
        """Return the command line of the server.

        The directory is given twice: a data_directory in the configuration would lead the
        server to another one than was checked and locked.
        """
        data = self.data_directory
        line = [f"{self.bin_dir}/{SERVER}", "-D", data, "-c", f"data_directory={data}"]
        if self.config_file:
            line += ["-c", f"config_file={self.config_file}"]
        for name, value in self.settings:
            line += ["-c", f"{name}={value}"]
        return line

    def environment(self) -> dict[str, str]:
        """Return the environment of the server.

        With PG_GRANDPARENT_PID PostgreSQL takes a PID file that names this process for a
        stale one; it refuses for any other living process of its user.
        """
        extra = {} if self.grandparent is None else {GRANDPARENT: str(self.grandparent)}
        return {**self.environ, **extra}


class Forked:
    """A child that is not the server yet; *before* is the PID file that was there then."""

    def __init__(
        self, pid: int, start: int, writer: int, before: pidfile.Stamp | None = None
    ) -> None:
        self.pid = pid
        self.start = start
        self.before = before
        self.pidfd = os.pidfd_open(pid)
        self._writer = writer

    def release(self) -> None:
        """Let it become the server."""
        os.write(self._writer, _GO)
        os.close(self._writer)
        self._writer = -1

    def abandon(self) -> None:
        """Let it exit if it was never released."""
        if self._writer >= 0:
            os.close(self._writer)
            self._writer = -1


def fork(order: Order) -> Forked:
    """Fork the child that will be the server once it is released.

    Raises OSError where there can be none, Failure where it ended before it was ready.
    """
    reader, writer = os.pipe()
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writer)
        _child(order, reader, tell)
    os.close(reader)
    os.close(tell)
    try:
        start = int(os.read(told, 32) or 0)
    finally:
        os.close(told)
    try:
        if start:
            before = pidfile.stamp(order.data_directory)
            return Forked(pid, start, writer, before)
    except OSError:
        os.close(writer)
        raise
    os.close(writer)  # before its end is waited for: it may be waiting for us
    raise Failure(f"could not start the server: {exit_text(pid)}")


def _tell_start(fd: int) -> None:
    """Say when we began: hidepid shows a process that has changed its user to root alone."""
    stat = proc.read_stat(os.getpid())
    os.write(fd, str(stat[2] if stat else 0).encode())


def _child(order: Order, reader: int, tell: int) -> NoReturn:
    """Get ready, say so, wait for the word, then become the server; never returns."""
    try:
        kept = {*prologue.STANDARD, reader, tell, order.log_fd, order.guard_fd}
        # What is our parent's: a child that is stopped would hold on to its locks.
        prologue.close_all_but(kept)
        os.setsid()
        _descriptors(order)
        prologue.ordinary_signals()
        _tell_start(tell)
        if os.read(reader, 1) == _GO:
            line = order.arguments()
            os.execve(line[0], line, order.environment())
    except OSError as ex:
        os.write(2, f"could not execute the server: {ex.strerror}\n".encode())
    finally:
        os._exit(_COULD_NOT_EXECUTE)


def _descriptors(order: Order) -> None:
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(order.log_fd, 1)
    os.dup2(order.log_fd, 2)
    if order.guard_fd is not None:
        os.set_inheritable(order.guard_fd, True)


def exit_text(pid: int) -> str:
    """Return how our child *pid* has ended, and let the kernel forget it."""
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return "it has ended"
    return f"it was ended by signal {-code}" if code < 0 else f"it exited with {code}"
