"""`postgres --version`, asked of a program as the OS user.

The program that will most likely do is asked before anything else is looked at: its
answer takes some 10 ms, and comes while Online loads what it needs.
Nothing is believed of it before the checks have got that far.
"""

from __future__ import annotations

import errno
import os
import time

from pgx_agent.script.worker import Worker
from pgx_base.failure import Failure
from pgx_base.light import signal
from pgx_pclrsc import environment
from pgx_postgres import binaries, control

_ANSWER_IN = 10.0  # seconds that an answer may take


class VersionQuestion:
    """Asks programs for their version, each in a process of its own."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._environ = environment.build(worker.definition, os.environ)
        self._early: tuple[str, _Child] | None = None

    def ask_early(self) -> None:
        """Ask the first program that fits PG_VERSION; what stands in the way is told later."""
        definition = self._worker.definition
        try:
            major = control.read_major(definition.data_directory)
            program = binaries.programs(definition.bin_dir, major)[0]
            self._early = program, _Child(program, self._environ)
        except (Failure, OSError):
            pass

    def ask(self, program: str) -> str:
        """Return what *program* prints.

        Raises OSError if it cannot be run, TimeoutError if it takes too long; it is ended
        then.
        """
        if self._early is not None and self._early[0] == program:
            child, self._early = self._early[1], None
        else:
            child = _Child(program, self._environ)
        try:
            return child.read(self._worker)
        finally:
            child.end()

    def dismiss(self) -> None:
        """End a program whose answer nobody wants."""
        if self._early is not None:
            self._early[1].end()
            self._early = None


class _Child:
    """One program that runs in its own group.  Raises OSError where it cannot be run."""

    def __init__(self, program: str, environ: dict[str, str]) -> None:
        self._reader, writer = os.pipe()
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, writer, 1),
            (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0),
        ]
        line = [program, "--version"]
        try:
            self._pid = os.posix_spawn(
                program, line, environ, file_actions=actions, setpgroup=0
            )
        except OSError:
            os.close(self._reader)
            raise
        finally:
            os.close(writer)

    def read(self, worker: Worker) -> str:
        """Return all it prints.  Raises TimeoutError."""
        data = b""
        until = time.monotonic() + _ANSWER_IN
        while worker.wait([self._reader], until - time.monotonic()):
            more = os.read(self._reader, 4096)
            if not more:
                break
            data += more
        else:
            if not data:
                text = f"no answer within {_ANSWER_IN:.0f} s"
                raise TimeoutError(errno.ETIMEDOUT, text)
        return data.decode("utf-8", "replace")

    def end(self) -> None:
        """End it and its group, unless it has ended; never wait for it."""
        os.close(self._reader)
        if os.waitpid(self._pid, os.WNOHANG)[0] == 0:
            os.killpg(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, os.WNOHANG)
