"""What was when, a lane for each that has states of its own.  Pure.

However many spans there are, the drawing has no more than it has columns: what is narrower
shares one, where the worst is seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pgx_base import moments
from pgx_base.page.axis import FOOT, LEFT, WIDTH, Axis, drawing
from pgx_base.page.markup import Markup, element, joined

# From what may be covered to what must be seen.
TONES = ("unknown", "off", "good", "busy", "warn", "bad")
_RANK = {tone: rank for rank, tone in enumerate(TONES)}
_LANE, _GAP, _MARK = 30.0, 14.0, 12.0  # heights
_NARROW, _LETTER, _APART = 2.0, 7.5, 5.0  # widths
_COLUMNS = int(WIDTH / _NARROW)  # more are wide only where a clock is set back and back
_TOLD = 6  # of marks at one place


@dataclass(frozen=True, slots=True)
class Span:
    """From *begin* to *end* it was as *text* says."""

    begin: float
    end: float
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """At this moment something happened."""

    at: float
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A line of the timeline."""

    name: str
    spans: Sequence[Span] = ()
    marks: Sequence[Mark] = ()


def draw(axis: Axis, lanes: Sequence[Lane], about: str) -> Markup:
    """Return *lanes* below each other."""
    height = len(lanes) * (_LANE + _GAP)
    rows = [_lane(axis, lane, i * (_LANE + _GAP)) for i, lane in enumerate(lanes)]
    return drawing(height + FOOT, about, _HATCH, axis.drawn(height), *rows)


_HATCH = element(
    "defs",
    element(
        "pattern",
        element("path", d="M0 6 L6 0", class_="hatch"),
        id="hatch",
        width=6,
        height=6,
        patternUnits="userSpaceOnUse",
    ),
)


def legend(named: Iterable[tuple[str, str]]) -> Markup:
    """Return what each tone means: *named* are tones with their meaning."""
    return element(
        "p",
        *(
            element("span", element("i", class_=tone), meaning)
            for tone, meaning in named
        ),
        class_="legend",
    )


def _lane(axis: Axis, lane: Lane, top: float) -> Markup:
    middle = top + _GAP + _LANE / 2 + 4
    name = element("text", lane.name, x=LEFT - 8, y=middle, class_="lane")
    inside = [one for one in lane.spans if _is_on(axis, one.begin, one.end)]
    marks = [one for one in lane.marks if _is_on(axis, one.at, one.at)]
    below = top + _GAP + (0.0 if lane.spans else (_LANE + _MARK) / 2)
    return joined(
        [name, *_spans(axis, inside, top + _GAP), *_marks(axis, marks, below)]
    )


def _is_on(axis: Axis, begin: float, end: float) -> bool:
    return begin <= axis.end and end >= axis.begin and begin <= end


def _spans(axis: Axis, spans: Iterable[Span], top: float) -> Iterator[Markup]:
    wide: deque[tuple[Span, float, float]] = deque(maxlen=_COLUMNS)
    narrow: dict[int, Span] = {}
    for span in spans:
        left, right = axis.x(span.begin), axis.x(span.end)
        if right - left >= _NARROW:
            wide.append((span, left, right - left))
        else:
            column = int(left / _NARROW)
            before = narrow.get(column)
            if before is None or _RANK[before.tone] <= _RANK[span.tone]:
                narrow[column] = span
    for span, left, width in wide:
        yield _rectangle(span, left, width, top)
    for column, span in narrow.items():
        yield _rectangle(span, column * _NARROW, _NARROW, top)


def _rectangle(span: Span, left: float, width: float, top: float) -> Markup:
    seconds = moments.length(span.end - span.begin)
    told = f"{span.text}: {moments.text(span.begin)}, for {seconds}"
    box = element(
        "rect",
        element("title", told),
        x=left,
        y=top,
        width=width,
        height=_LANE,
        class_=span.tone,
    )
    if len(span.text) * _LETTER > width:
        return box
    x, y = left + width / 2, top + _LANE / 2 + 4
    return joined([box, element("text", span.text, x=x, y=y, class_=f"on {span.tone}")])


def _marks(axis: Axis, marks: Iterable[Mark], below: float) -> Iterator[Markup]:
    """Yield marks that end *below*: the worst are drawn last, and so above the others."""
    places: dict[int, list[Mark]] = {}
    for mark in marks:
        places.setdefault(int(axis.x(mark.at) / _APART), []).append(mark)
    worst = [
        (max(found, key=lambda one: _RANK[one.tone]), found)
        for found in places.values()
    ]
    worst.sort(key=lambda one: _RANK[one[0].tone])
    for mark, found in worst:
        x = axis.x(mark.at)
        yield element(
            "path",
            element("title", _told(found)),
            d=f"M{x:.1f} {below:.1f} l-4.5 -{_MARK:g} h9 z",
            class_=mark.tone,
        )


def _told(marks: Sequence[Mark]) -> Markup:
    lines = [f"{moments.text(one.at)} {one.text}" for one in marks[:_TOLD]]
    if len(marks) > _TOLD:
        lines.append(f"and {len(marks) - _TOLD} more")
    return joined(lines, "\n")
