"""The time that a report shows, and what falls into it.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pgx_base.page.plot import Point
from pgx_pclrsc.history.core.about import About
from pgx_pclrsc.history.core.latency import points
from pgx_pclrsc.history.core.switchlog import Entry
from pgx_pclrsc.history.core.told import Run, Told


class Period:
    """From the moment that was asked for, else the trace's first, to now."""

    def __init__(self, about: About, known: Told, rms: Sequence[Entry]) -> None:
        self._known = known
        self._rms = rms
        self.end = max(about.now, known.last)
        first = min((one.begin for one in known.states), default=about.now)
        self.begin = min(first if about.since is None else about.since, self.end)

    def has(self, at: float) -> bool:
        """Whether *at* is in it."""
        return self.begin <= at <= self.end

    def meets(self, begin: float, end: float | None) -> bool:
        """Whether some of *begin* to *end* is in it; no *end* is now."""
        return begin <= self.end and (end is None or end >= self.begin)

    def runs(self) -> list[Run]:
        """Return the runs that began in it."""
        return [run for run in self._known.runs if self.has(run.begin)]

    def answers(self) -> list[Point]:
        """Return when answers came in it, and how many ms each took."""
        return points(self._known.minutes, self.begin, self.end)

    def rms(self) -> list[Entry]:
        """Return what RMS has said in it."""
        return [one for one in self._rms if self.has(one.at)]
