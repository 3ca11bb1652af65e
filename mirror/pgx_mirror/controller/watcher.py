"""The monitoring process: it begins the controller anew when it dies or hangs.

The controller says several times a second that it lives, and what of its state a next one
has to know: whether automatics are on, and what an operator has asked for.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import NoReturn

from pgx_mirror.core.facts import RUN, Facts

_BETWEEN_STARTS = 1.0  # seconds, so that a controller that cannot run does not spin
_LEAST = 2.0  # seconds without a word before it counts as hanging


@dataclass(frozen=True, slots=True)
class Kept:
    """What outlives a controller, but not its watcher.

    *restarts*: how often it was begun anew, and *why* the last time.
    """

    failover: bool = False
    wish: str = RUN
    stays_out: bool = False
    detached: str = ""
    restarts: int = 0
    why: str = ""


Work = Callable[[Kept, Callable[[Facts], None]], None]


def watch(
    work: Work, kept: Kept, limit: float, begun: Callable[[], None] = lambda: None
) -> None:
    """Have *work* done by a child, again and again, until it returns.

    *limit*: after how many seconds of silence the peer would act; a hanging controller is
    begun anew in half of that.  *begun* is called once a child has been forked.
    """
    patience = max(_LEAST, limit / 2)
    while True:
        began = time.monotonic()
        child = _Child(work, kept)
        begun()
        why = child.follow(patience)
        if not why:
            return
        time.sleep(max(0.0, began + _BETWEEN_STARTS - time.monotonic()))
        kept = _again(child.kept, why)


def _again(kept: Kept, why: str) -> Kept:
    return Kept(**{**asdict(kept), "restarts": kept.restarts + 1, "why": why})


class _Child:
    """One controller, in a process group of its own with its hands."""

    def __init__(self, work: Work, kept: Kept) -> None:
        self.kept = kept
        self._fd, write_fd = os.pipe()
        self._rest = b""
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._fd)
            _run(work, kept, write_fd)
        os.close(write_fd)

    def follow(self, patience: float) -> str:
        """Return why it has to be begun anew, empty where it has ended as it should."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        while True:
            asked = time.monotonic()
            if poll.poll(patience * 1000):
                data = os.read(self._fd, 4096)
                if not data:
                    return self._ended()
                self._hear(data)
            elif time.monotonic() - asked < 2 * patience:  # else we did not run either
                return self._hangs(patience)

    def _hear(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if lines:
            self.kept = Kept(**json.loads(lines[-1]))

    def _ended(self) -> str:
        os.close(self._fd)
        code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        self._kill()  # its hands
        if code == 0:
            return ""
        return f"ended by signal {-code}" if code < 0 else f"exited with {code}"

    def _hangs(self, patience: float) -> str:
        self._kill()
        os.close(self._fd)
        os.waitpid(self._pid, 0)
        return f"did not respond for {patience:g} s"

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)


def _run(work: Work, kept: Kept, write_fd: int) -> NoReturn:
    code = 1
    try:
        os.setpgid(0, 0)
        os.set_blocking(write_fd, False)
        work(kept, lambda facts: _tell(write_fd, kept, facts))
        code = 0
    finally:
        os._exit(code)


def _tell(write_fd: int, kept: Kept, facts: Facts) -> None:
    now = Kept(
        facts.failover,
        facts.wish,
        facts.stays_out,
        facts.detached,
        kept.restarts,
        kept.why,
    )
    # One that is dead or stopped holds up nothing: without it the controller goes on.
    with suppress(BrokenPipeError, BlockingIOError):
        os.write(write_fd, json.dumps(asdict(now)).encode() + b"\n")
