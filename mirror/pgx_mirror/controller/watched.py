"""The controller's end of its watcher: it says that it lives, and begins another watcher.

Each begins the other anew, so that only both killed at once leave a server without.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import NoReturn

from pgx_mirror.controller import kept as keeping
from pgx_mirror.controller.kept import Kept
from pgx_mirror.controller.watcher import OVER, WATCH
from pgx_mirror.core.facts import Facts

_ALIVE_EVERY = 0.4  # seconds between two words to the watcher
_AGAIN_AFTER = 1.0  # seconds between two watchers
_LEAST = 2.0  # seconds without a word before a controller counts as hanging


@dataclass(frozen=True, slots=True)
class Watching:
    """How a watcher is begun.

    options      the command line of a controller that it begins
    settings_fd  the settings that such a controller has, whatever the files say by then
    take         takes the watcher's lock, and returns its descriptor.  Raises Failure
    limit        after how many seconds of silence the peer would act; a hanging controller
                 is begun anew in half of that
    """

    options: list[str]
    settings_fd: int
    take: Callable[[], int]
    limit: float


class Watched:
    """The watcher of this controller, as long as it lives, and then the next one.

    *pipe_fd*, *lock_fd*: what this process has of its watcher or for it, -1 for nothing.
    `kept` is what this controller began with.
    """

    def __init__(
        self, watching: Watching, kept: Kept, pipe_fd: int, lock_fd: int
    ) -> None:
        self._watching, self.kept = watching, kept
        self._pipe_fd, self._lock_fd = pipe_fd, lock_fd
        self._said: Kept | None = None
        self._alive_at = self._begin_at = 0.0
        self.trouble = ""  # why no watcher can be begun, empty once one was
        if pipe_fd >= 0:
            os.set_inheritable(pipe_fd, False)
            os.set_blocking(pipe_fd, False)

    def settle(self) -> None:
        """Have a watcher, and nothing open any more that is its alone."""
        if self._pipe_fd < 0:
            self._begin()
        self._let_go()

    def fds(self) -> list[int]:
        """Return what to poll for errors: it has one when the watcher is gone."""
        return [] if self._pipe_fd < 0 else [self._pipe_fd]

    def is_gone(self, ready: dict[int, int]) -> bool:
        """Whether the watcher has ended since; told once."""
        if not ready.get(self._pipe_fd, 0) & (select.POLLERR | select.POLLHUP):
            return False
        os.close(self._pipe_fd)
        self._pipe_fd = -1
        return True

    def live(self, facts: Facts, now: float) -> None:
        """Tell the watcher that we live, and what a next controller has to know."""
        if self._pipe_fd < 0:
            if now < self._begin_at:
                return
            self._begin_at = now + _AGAIN_AFTER
            self._begin()
        if self._pipe_fd < 0:
            return
        known = keeping.of(facts, self.kept)
        if now >= self._alive_at or known != self._said:
            self._tell(keeping.line(known))
            self._alive_at, self._said = now + _ALIVE_EVERY, known

    def _tell(self, line: bytes) -> None:
        # One that is dead or stopped holds up nothing: without it the controller goes on.
        with suppress(BrokenPipeError, BlockingIOError):
            os.write(self._pipe_fd, line)

    def over(self) -> None:
        """Say that this controller ends as it should."""
        if self._pipe_fd >= 0:
            self._tell(OVER + b"\n")

    def _let_go(self) -> None:
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
        self._lock_fd = -1

    def _begin(self) -> None:
        """Begin a watcher; it is only there once it has its lock, which may hang.

        Where no process can be begun, it is tried again: to go on alone is better than to end.
        """
        try:
            self._pipe_fd = self._forked()
        except OSError as ex:
            self.trouble = ex.strerror or str(ex)
        else:
            self.trouble, self._said = "", None

    def _forked(self) -> int:
        """Return where what we say to a new watcher is written.  Raises OSError."""
        with ExitStack() as undo, ExitStack() as theirs:
            read_fd, pipe_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            theirs.callback(os.close, read_fd)
            undo.callback(os.close, pipe_fd)
            os.set_blocking(read_fd, True)
            pidfd = os.pidfd_open(os.getpid())
            theirs.callback(os.close, pidfd)
            if os.fork() == 0:
                self._become(read_fd, pidfd)
            undo.pop_all()
            return pipe_fd

    def _become(self, read_fd: int, pidfd: int) -> NoReturn:
        """Be the watcher, with a lock of its own."""
        try:
            os.setsid()
            lock_fd = self._lock_fd if self._lock_fd >= 0 else self._watching.take()
            # What else is open ends with the exec; until then stop -e sees us by it.
            fds = (read_fd, pidfd, lock_fd, self._watching.settings_fd)
            for fd in fds:
                os.set_inheritable(fd, True)
            patience = max(_LEAST, self._watching.limit / 2)
            words = [sys.argv[0], WATCH, *map(str, fds), f"{patience:g}"]
            os.execv(sys.argv[0], [*words, *self._watching.options])
        finally:
            os._exit(1)
