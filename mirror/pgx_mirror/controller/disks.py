"""The disks of a server that runs, as events of the core and messages for people."""

from __future__ import annotations

from collections.abc import Iterator

from pgx_mirror.controller.telling import Telling
from pgx_mirror.core import disk
from pgx_mirror.core import events as told
from pgx_mirror.core.disk import Limits
from pgx_mirror.core.events import Event
from pgx_mirror.core.facts import Facts
from pgx_mirror.core.report import UP
from pgx_mirror.core.seen import Seen
from pgx_mirror.disk.checker import Checker
from pgx_mirror.messages import disk as messages


class Disks:
    """Watches the disks as long as the server is up; a fault stays until it is started again."""

    def __init__(self, data_directory: str, limits: Limits, telling: Telling) -> None:
        self._directory, self._limits, self._telling = data_directory, limits, telling
        self._checker: Checker | None = None
        self._fault = ""

    def fds(self) -> list[int]:
        """Return what to poll for reading."""
        return [] if self._checker is None else self._checker.fds()

    def next_tick(self) -> float:
        """Return when `hear` is due at the latest."""
        return float("inf") if self._checker is None else self._checker.wake()

    @property
    def late(self) -> bool:
        """Whether a disk is slow, so that looks should commit something of their own."""
        return self._checker is not None and self._checker.late

    def looked(self, seen: Seen, now: float) -> None:
        """Take a look at the server."""
        if self._checker is not None:
            self._checker.told(seen, now)

    def hear(
        self, ready: dict[int, int], facts: Facts, now: float, *, begins: bool
    ) -> Iterator[Event]:
        """Return what has changed; *begins*: a heartbeat does, and files with it from then on."""
        if facts.server != UP:
            self.close()
            return
        if self._checker is None:
            if not begins:
                return
            self._checker = Checker(self._directory, self._limits)
        for effect in self._checker.turn(ready, now):
            self._tell(effect)
        if self._checker.fault != self._fault:
            self._fault = self._checker.fault
            yield told.DiskIs(self._fault)

    def _tell(self, effect: disk.Effect) -> None:
        match effect:
            case disk.Failed(place, reason):
                self._telling.say(
                    messages.FAILED, what=place.what, path=place.path, reason=reason
                )
            case disk.Well(place):
                self._telling.say(messages.WELL, what=place.what, path=place.path)
            case disk.Slow(place, seconds):
                self._telling.say(
                    messages.SLOW,
                    what=place.what,
                    path=place.path,
                    seconds=f"{seconds:.1f}",
                )
            case disk.Full(place):
                self._telling.say(messages.FULL, what=place.what, path=place.path)
            case disk.Odd(place, reason):
                self._telling.say(
                    messages.UNTESTED, what=place.what, path=place.path, reason=reason
                )
            case _:
                pass

    def close(self) -> None:
        """Watch no more; what was found stays said until the next start."""
        if self._checker is not None:
            self._checker.close()
            self._checker = None
