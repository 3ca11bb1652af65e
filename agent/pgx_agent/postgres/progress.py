"""Does what is left of an instance still move?  Kept from one look to the next."""

from __future__ import annotations

from collections.abc import Collection

from pgx_agent.postgres import holdings, titles
from pgx_agent.postgres.evidence import Ident
from pgx_agent.postgres.instance import Process

_APART = (
    0.5  # seconds: two looks closer together than that say nothing of the checkpointer
)


class Progress:
    """Since when each process has been in state D, and whether the checkpointer works."""

    def __init__(self) -> None:
        self._hung: dict[Ident, float] = {}
        self._stuck: dict[Ident, tuple[int, float]] = {}
        self._left: set[Ident] = set()
        self._checkpointer: tuple[tuple[Ident, int], float] | None = None
        self.checkpointer_idle = False

    def note(self, found: list[Process], denied: Collection[Ident], now: float) -> None:
        """Take in what was found at *now*; *denied* are those that we may not signal."""
        self._left = {process.ident for process in found}
        in_d = [process for process in found if process.state == "D"]
        hung = {process.ident for process in in_d} | (self._left & set(denied))
        self._hung = {ident: self._hung.get(ident, now) for ident in hung}
        self._stuck = dict(self._one_stuck(process, now) for process in in_d)
        self._note_checkpointer(found, now)

    def _one_stuck(
        self, process: Process, now: float
    ) -> tuple[Ident, tuple[int, float]]:
        steps = holdings.steps(process.pid)
        before = self._stuck.get(process.ident)
        since = before[1] if before is not None and before[0] == steps else now
        return process.ident, (steps, since)

    def _note_checkpointer(self, found: list[Process], now: float) -> None:
        """One that sleeps for good takes no step; a busy one many in a second."""
        roles = [p for p in found if titles.role(p.command) == titles.CHECKPOINTER]
        if not roles:
            self.checkpointer_idle = True
            return
        at = self._checkpointer
        if at is not None and now - at[1] < _APART:
            return
        state = roles[0].ident, holdings.steps(roles[0].pid)
        self.checkpointer_idle = at is not None and at[0] == state
        self._checkpointer = state, now

    def hung_for(self, now: float) -> float:
        """Return for how long each process that is left has been in state D, 0 if one is not."""
        if not self._left or self._left != set(self._hung):
            return 0.0
        return now - max(self._hung.values())

    def longest(self, now: float) -> float:
        """Return for how long the one that hangs longest has been in state D."""
        return now - min(self._hung.values(), default=now)

    def stuck_for(self, now: float) -> float:
        """Return for how long some process has been in state D without taking a step."""
        return max((now - since for _, since in self._stuck.values()), default=0.0)
