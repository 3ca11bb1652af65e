"""Does a process hang in the kernel?  Asked of /proc alone, so that nobody hangs with it."""

from __future__ import annotations

from pgx_agent.script.at_workdir import AtWorkdir
from pgx_base import proc
from pgx_postgres.processes import holdings

_TICK = 1.5  # seconds: who was not run for longer has seen nothing of it


class Hung:
    """Whether process *pid* is in state D and has not run once for *longest* seconds."""

    def __init__(self, pid: int, longest: float, now: float) -> None:
        self._pid = pid
        self._longest = longest
        self._steps = -1
        self._since = now

    def for_too_long(self, now: float) -> bool:
        """Look at it; *now* is monotonic, in seconds."""
        stat = proc.read_stat(self._pid)
        steps = holdings.steps(self._pid)
        if stat is None or stat[0] != "D" or steps != self._steps:
            self._steps, self._since = steps, now
        return now - self._since >= self._longest


class HungAtWorkdir:
    """Whether process *pid* sleeps at the work directory, without a step for *longest* s.

    Not only in state D: a network's file system may let it be killed.
    """

    def __init__(self, pid: int, at: AtWorkdir, longest: float, now: float) -> None:
        self._pid = pid
        self._at = at
        self._longest = longest
        self._steps = -1
        self._for = 0.0
        self._looked = now

    def for_too_long(self, now: float) -> bool:
        """Look at it; *now* is monotonic, in seconds."""
        passed, self._looked = min(now - self._looked, _TICK), now
        stat = proc.read_stat(self._pid) if self._at.is_there() else None
        steps = holdings.steps(self._pid) if stat is not None else -1
        if stat is None or stat[0] not in "DS" or steps != self._steps:
            self._steps, self._for = steps, 0.0
            return False
        self._for += passed
        return self._for >= self._longest
