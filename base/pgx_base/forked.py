"""A child with a pipe each way, for a loop that waits for neither: all of it or nothing.

Where no process, pipe or descriptor can be had, OSError is raised and nothing is left open:
the limits are shared with a database server's own processes, and come when those are many.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import NoReturn


class Forked:
    """A child that runs *main* with what it reads from and what it writes to; blocking ends.

    `fd` is what it says, to be read without waiting; `pidfd` is readable once it has ended.
    Its end is the caller's to reap.
    """

    def __init__(self, main: Callable[[int, int], NoReturn]) -> None:
        """Raises OSError."""
        with ExitStack() as undo, ExitStack() as theirs:
            reads, self._told = _pipe(theirs, undo)
            self.fd, writes = _pipe(undo, theirs)
            for fd in (reads, writes):
                os.set_blocking(fd, True)
            self.pid = os.fork()
            if self.pid == 0:
                try:
                    main(reads, writes)
                finally:
                    os._exit(1)
            # Its number may be another's once it was reaped: it is ended by this alone.
            self.pidfd = pidfd_of(self.pid)
            undo.pop_all()

    def tell(self, data: bytes) -> None:
        """Tell it *data*; one that has ended hears nothing, one that does not hear is ended."""
        try:
            if os.write(self._told, data) == len(data):
                return
        except BlockingIOError:
            pass
        except OSError:
            return
        self.kill()  # half a word is none, and the rest would be waited for

    def kill(self) -> None:
        """End it, if it has not ended."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def close(self, within: float = 0.0) -> None:
        """End it, and let go of it, once it is dead or after so many seconds."""
        self.kill()
        if within:
            poll = select.poll()
            poll.register(self.pidfd, select.POLLIN)
            poll.poll(within * 1000)
        self.leave()

    def leave(self) -> None:
        """Let go of it as it is: it may see that nobody hears it any more."""
        for fd in (self.pidfd, self.fd, self._told):
            os.close(fd)


def pidfd_of(child: int) -> int:
    """Return what *child* is ended by.  Raises OSError, with the child dead: nobody knows of it."""
    try:
        return os.pidfd_open(child)
    except OSError:
        os.kill(child, signal.SIGKILL)
        raise


def _pipe(read: ExitStack, write: ExitStack) -> tuple[int, int]:
    """Make a pipe whose ends *read* and *write* close."""
    ends = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    read.callback(os.close, ends[0])
    write.callback(os.close, ends[1])
    return ends
