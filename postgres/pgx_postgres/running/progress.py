"""Does what is left of an instance still move?  Kept from one look to the next."""

from __future__ import annotations

from collections.abc import Collection

from pgx_base.idents import Ident
from pgx_base.light.dataclasses import replace
from pgx_postgres import titles
from pgx_postgres.processes import holdings
from pgx_postgres.processes.instance import Process
from pgx_postgres.running import counters
from pgx_postgres.running.core.patience import (
    Asked,
    Holder,
    Patience,
    Role,
    Standstill,
    Work,
    marked,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

Unit: TypeAlias = "tuple[Process, list[Process]]"  # a server process, commands below it

_APART = (
    0.5  # seconds: two looks closer together than that say nothing of the checkpointer
)
_BUSY = (
    0.05  # of a processor; who waits for a WAL sender looks a hundred times a second
)
_STOPPED = frozenset("Tt")
_ROLES: dict[str, Role] = {
    titles.BACKEND: "backend",
    titles.ARCHIVER: "archiver",
    titles.WALSENDER: "walsender",
    titles.CHECKPOINTER: "checkpointer",
    titles.LOGGER: "logger",
}


class Progress:
    """Since when each process has not moved, is stopped, or in state D."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._hung: dict[Ident, float] = {}
        self._stuck: dict[Ident, tuple[int, float]] = {}
        self._stopped: dict[Ident, tuple[int, float]] = {}
        self._marks: dict[Ident, Standstill] = {}
        self._asked: dict[Ident, tuple[Asked, float]] = {}
        self._units: list[Unit] = []
        self._left: set[Ident] = set()
        self._changed = 0.0
        self._checkpointer: tuple[Ident, Work, int, float] | None = None
        self.cluster: str | None = None
        self.checkpointer_idle = False

    def note(
        self,
        found: list[Process],
        denied: Collection[Ident],
        now: float,
        *,
        work: bool = True,
    ) -> None:
        """Take in what was found at *now*; *denied* are those that we may not signal.

        Without *work* what they do is not looked at, which is most of a look's cost.
        """
        left = {process.ident for process in found}
        if left != self._left:
            self._left, self._changed = left, now
        if self.cluster is None:
            self.cluster = titles.cluster_of(process.command for process in found)
        in_d = [process for process in found if process.state == "D"]
        hung = {process.ident for process in in_d} | (left & set(denied))
        self._hung = {ident: self._hung.get(ident, now) for ident in hung}
        self._stuck = _without_a_step(self._stuck, in_d, now)
        stopped = [process for process in found if process.state in _STOPPED]
        self._stopped = _without_a_step(self._stopped, stopped, now)
        if work:
            self._note_work(found, now)

    def _note_work(self, found: list[Process], now: float) -> None:
        self._units = units(found)
        self._marks = {
            unit[0].ident: marked(
                self._patience, self._marks.get(unit[0].ident), self._work(unit), now
            )
            for unit in self._units
        }
        self._note_checkpointer(now)

    def role(self, process: Process) -> str:
        """Return what *process* is by its title."""
        return titles.role(process.command, self.cluster)

    def _work(self, unit: Unit) -> Work:
        """Return what was done; a backend's time is up whatever it does."""
        process, commands = unit
        role = self.role(process)
        if role == titles.BACKEND:
            return Work()
        everybody = [process, *commands]
        # One that sends WAL may spin without sending any.
        busy = 0.0 if role == titles.WALSENDER else _seconds(everybody)
        moved = {one.pid: counters.io_bytes(one.pid) for one in everybody}
        seen = [both for both in moved.values() if both is not None]
        return Work(
            process.command,
            busy,
            sum(read for read, _ in seen),
            sum(written for _, written in seen),
            # In state D a step is progress; so is it where nothing else can be seen.
            sum(
                holdings.steps(one.pid)
                for one in everybody
                if one.state == "D" or moved[one.pid] is None
            ),
        )

    def _note_checkpointer(self, now: float) -> None:
        """Whether it works: not while it only waits until others have ended."""
        found = [p for p, _ in self._units if self.role(p) == titles.CHECKPOINTER]
        if not found:
            self.checkpointer_idle = True
            return
        before = self._checkpointer
        if before is not None and now - before[3] < _APART:
            return
        process = found[0]
        work, steps = self._work((process, [])), holdings.steps(process.pid)
        self._checkpointer = process.ident, work, steps, now
        self.checkpointer_idle = (
            before is not None
            and before[0] == process.ident
            and process.state != "D"
            and replace(before[1], cpu=work.cpu) == work
            and work.cpu - before[1].cpu <= max(0.02, _BUSY * (now - before[3]))
            and (before[2] == steps or "performing" not in work.title)
        )

    def holders(self, now: float) -> tuple[Holder, ...]:
        """Return whom the stop may wait for, most telling first."""
        found = [self._holder(unit, now) for unit in self._units if not unit[0].head]
        return tuple(sorted(found, key=lambda holder: -holder.still_for))

    def _holder(self, unit: Unit, now: float) -> Holder:
        process, commands = unit
        asked, at = self._asked.get(process.ident, ("", now))
        return Holder(
            process.pid,
            titles.waited_for([(process.pid, process.command)], self.cluster),
            _ROLES.get(self.role(process), "other"),
            now - self._marks[process.ident].since,
            self.stopped_for([process], now),
            self.stopped_for(commands, now),
            bool(commands) or titles.may_send_wal(process.command, self.cluster),
            asked,
            now - at,
        )

    def stopped_for(self, processes: list[Process], now: float) -> float:
        """Return for how long one of *processes* has been stopped."""
        since = [self._stopped.get(one.ident, (0, now))[1] for one in processes]
        return now - min(since, default=now)

    def asked(self, process: Process, how: Asked, now: float) -> None:
        """Keep that what holds *process* up was asked to end, or killed."""
        first = self._asked.get(process.ident, (how, now))[1]
        self._asked[process.ident] = how, first

    def unit(self, pid: int) -> Unit | None:
        """Return the server process *pid* with the commands below it."""
        return next((unit for unit in self._units if unit[0].pid == pid), None)

    def quiet_for(self, now: float) -> float:
        """Return for how long nothing has moved, and nobody has come or gone."""
        since = [mark.since for mark in self._marks.values()]
        return now - max([self._changed, *since])

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


def _without_a_step(
    before: dict[Ident, tuple[int, float]], processes: list[Process], now: float
) -> dict[Ident, tuple[int, float]]:
    """Return steps, and since when there were no more, of each of *processes*."""
    found = {}
    for process in processes:
        steps = holdings.steps(process.pid)
        old = before.get(process.ident)
        same = old is not None and old[0] == steps
        found[process.ident] = (steps, old[1] if old is not None and same else now)
    return found


def _seconds(processes: list[Process]) -> float:
    return sum(counters.cpu_seconds(process.pid) for process in processes)


def units(found: list[Process]) -> list[Unit]:
    """Return the server's processes, each with the commands that it has begun.

    A process that has no title yet and was forked by the postmaster counts as one of the
    server's; what has lost its parent holds nobody up.
    """
    there = {process.pid: process for process in found}
    own: dict[int, Unit] = {
        process.pid: (process, [])
        for process in found
        if process.head
        or titles.is_title(process.command)
        or (process.ppid in there and there[process.ppid].head)
    }
    for process in found:
        above = _above(there, own, process.pid)
        if process.pid not in own and above is not None:
            own[above][1].append(process)
    return list(own.values())


def _above(there: dict[int, Process], own: dict[int, Unit], pid: int) -> int | None:
    while pid in there:
        if pid in own:
            return pid
        pid = there[pid].ppid
    return None
