"""An axis of time across a drawing.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pgx_base import moments
from pgx_base.page.markup import Markup, element, joined

WIDTH, LEFT, RIGHT = 1000.0, 110.0, 12.0  # units of a drawing, and its margins
FOOT = 22.0  # height of what stands below
_STEPS = (
    *(0.01, 0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10800, 21600, 43200),
    *(moments.DAY * count for count in (1, 2, 7, 14, 30, 60, 90, 180, 365)),
)
_MOST = 9  # ticks
_SHORTEST = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class Axis:
    """The moments from *begin* to *end*."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return max(self.end - self.begin, _SHORTEST)

    def x(self, at: float) -> float:
        """Return where *at* is drawn; what is not on the axis, at its nearer end."""
        part = (at - self.begin) / self.seconds
        return LEFT + (WIDTH - LEFT - RIGHT) * min(max(part, 0.0), 1.0)

    def _ticks(self) -> Iterator[tuple[float, str]]:
        """Yield moments to be marked, with what is written at them."""
        wanted = self.seconds / _MOST
        step = next((one for one in _STEPS if one >= wanted), wanted)
        at, shown = -(-self.begin // step) * step, ""
        while at <= self.begin + self.seconds:
            day = moments.day(at)
            yield at, self._label(at, step, day != shown, day)
            at, shown = at + step, day

    @staticmethod
    def _label(at: float, step: float, new: bool, day: str) -> str:
        if step >= moments.DAY:
            return day
        text = moments.clock(at, 2 if step < 1 else 0)
        text = text if step < 60 else text[:5]
        return f"{day[5:]} {text}" if new else text

    def drawn(self, height: float) -> Markup:
        """Return its lines through a drawing of *height*, with what is written below."""
        parts = []
        for at, label in self._ticks():
            x = self.x(at)
            parts.append(element("line", x1=x, x2=x, y1=0.0, y2=height, class_="grid"))
            below = height + FOOT - 6
            parts.append(element("text", label, x=x, y=below, class_="tick"))
        return joined(parts)


def drawing(height: float, about: str, *content: Markup) -> Markup:
    """Return a drawing of *height*; *about* says to who cannot see it what it shows."""
    box = f"0 0 {WIDTH:g} {height:g}"
    svg = element("svg", *content, viewBox=box, role="img", aria_label=about)
    return element("div", svg, class_="drawing")
