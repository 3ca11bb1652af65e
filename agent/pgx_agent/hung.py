"""Does a process hang in the kernel?  Asked of /proc alone, so that nobody hangs with it."""

from __future__ import annotations

from pgx_agent.postgres import holdings
from pgx_pclrsc import proc


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
