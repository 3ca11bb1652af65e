"""How long something took, over time: a logarithmic scale, since a stall is a thousandfold.

However many points there are, the plot has no more than it has columns, each from the
smallest to the largest.  Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pgx_base import moments
from pgx_base.page.axis import FOOT, LEFT, RIGHT, WIDTH, Axis, drawing
from pgx_base.page.markup import Markup, element, joined

# When, and how many ms it took: what is nearer than can be drawn may be in one.
Point = tuple[float, Sequence[float]]

_HEIGHT, _TOP = 150.0, 8.0
_COLUMN = 2.0  # width
_LEAST = 0.1  # ms: what took less is drawn as that
_BREAK = 6.0  # a line ends where nothing came for so many times what is usual


def draw(
    axis: Axis,
    points: Sequence[Point],
    missing: Sequence[tuple[float, str]],
    about: str,
    limit: float = 0.0,
) -> Markup:
    """Return *points*, and below them what is *missing*: a moment, and why.

    *limit* in ms is drawn across, 0 is none.
    """
    columns = sorted(_columns(axis, points))
    most = max([10.0, limit, *(column[4] for column in columns)])
    scale = _Scale(10.0 ** math.ceil(math.log10(most)))
    return drawing(
        _HEIGHT + FOOT,
        about,
        axis.drawn(_HEIGHT),
        scale.drawn(limit),
        _reach(columns, scale),
        _line(columns, scale),
        *_missing(axis, missing),
    )


class _Scale:
    def __init__(self, most: float) -> None:
        self._decades = math.log10(most / _LEAST)

    def y(self, value: float) -> float:
        part = math.log10(max(value, _LEAST) / _LEAST) / self._decades
        return _TOP + (_HEIGHT - _TOP) * (1 - min(part, 1.0))

    def drawn(self, limit: float) -> Markup:
        parts = []
        for power in range(round(self._decades) + 1):
            value = _LEAST * 10**power
            parts.append(self._across(value, "grid"))
            y = self.y(value) + 4
            parts.append(element("text", _ms(value), x=LEFT - 8, y=y, class_="lane"))
        return joined([*parts, *([self._across(limit, "limit")] if limit else [])])

    def _across(self, value: float, class_: str) -> Markup:
        y = self.y(value)
        return element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_=class_)


def _ms(value: float) -> str:
    return f"{value / 1000:g} s" if value >= 1000 else f"{value:g} ms"


# Where a column is, when its last came, and its smallest, its middle and its largest.
_Column = tuple[float, float, float, float, float]


def _columns(axis: Axis, points: Sequence[Point]) -> Iterator[_Column]:
    found: dict[int, list[float]] = {}
    last: dict[int, float] = {}
    for at, values in points:
        if axis.begin <= at <= axis.end and values:
            column = int(axis.x(at) / _COLUMN)
            found.setdefault(column, []).extend(values)
            last[column] = max(at, last.get(column, at))
    for column, inside in found.items():
        inside.sort()
        middle = inside[len(inside) // 2]
        yield column * _COLUMN, last[column], inside[0], middle, inside[-1]


def _break(columns: Sequence[_Column]) -> float:
    """Return the seconds without a point after which a line ends."""
    apart = sorted(b[1] - a[1] for a, b in pairwise(columns))
    return apart[len(apart) // 2] * _BREAK if apart else 0.0


def _reach(columns: Sequence[_Column], scale: _Scale) -> Markup:
    lines = (
        f"M{x:.1f} {scale.y(least):.1f}V{scale.y(most):.1f}"
        for x, _, least, _, most in columns
        if most > least
    )
    return element("path", d=Markup("".join(lines)), class_="reach")


def _line(columns: Sequence[_Column], scale: _Scale) -> Markup:
    steps, before, limit = [], -math.inf, _break(columns)
    for x, at, _, middle, _ in columns:
        # A line of no length is a dot: a point that stands alone is seen too.
        move = "M" if at - before > limit else "L"
        steps.append(f"{move}{x:.1f} {scale.y(middle):.1f}h0")
        before = at
    return element("path", d=Markup("".join(steps)), class_="middle")


def _missing(axis: Axis, missing: Sequence[tuple[float, str]]) -> Iterator[Markup]:
    places: dict[int, list[tuple[float, str]]] = {}
    for at, why in missing:
        if axis.begin <= at <= axis.end:
            places.setdefault(int(axis.x(at) / _COLUMN), []).append((at, why))
    for column, found in places.items():
        at, why = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        told = element("title", f"{moments.text(at)} {why}{more}")
        box = {"width": _COLUMN, "height": 14.0, "class_": "bad"}
        yield element("rect", told, x=column * _COLUMN, y=_HEIGHT - 14, **box)
