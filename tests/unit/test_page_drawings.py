"""Timeline and plot: everything grave is seen, and however much there is, it is bounded."""

from __future__ import annotations

import re

import pytest

from pgx_base.page import plot, timeline
from pgx_base.page.axis import LEFT, RIGHT, WIDTH, Axis
from pgx_base.page.timeline import Lane, Mark, Span
from tests.html import Page

DAY = 86400.0


def test_an_axis_goes_from_its_begin_to_its_end() -> None:
    axis = Axis(100.0, 200.0)

    assert axis.x(100.0) == LEFT
    assert axis.x(200.0) == WIDTH - RIGHT
    assert (axis.x(0.0), axis.x(1e9)) == (LEFT, WIDTH - RIGHT)


@pytest.mark.parametrize("seconds", [0.0, 0.2, 5.0, 90.0, 5000.0, DAY, 40 * DAY, 1e11])
def test_an_axis_has_some_ticks_whatever_its_length(seconds: float) -> None:
    drawn = Page(f"<svg>{Axis(20 * DAY + 7, 20 * DAY + 7 + seconds).drawn(10)}</svg>")

    assert 1 <= drawn.elements["text"] <= 11


def test_a_moment_of_a_fault_is_seen_in_a_month() -> None:
    spans = [
        Span(0.0, 15 * DAY, "good", "Online"),
        Span(15 * DAY, 15 * DAY + 0.2, "bad", "Faulted"),
        Span(15 * DAY + 0.2, 15 * DAY + 0.5, "busy", "stopping"),
        Span(15 * DAY + 0.5, 30 * DAY, "good", "Online"),
    ]
    drawn = Page(timeline.draw(Axis(0.0, 30 * DAY), [Lane("state", spans)], "states"))

    assert drawn.classes["rect", "bad"] == 1
    assert drawn.classes["rect", "busy"] == 0
    assert drawn.classes["rect", "good"] == 2
    assert "Faulted: 1970-01-16 00:00:00, for 0.2 s" in drawn.text


def test_a_lane_has_no_more_than_it_has_columns() -> None:
    spans = [Span(i, i + 1.0, "good", "Online") for i in range(50_000)]
    marks = [Mark(float(i), "warn", "something") for i in range(50_000)]
    drawn = timeline.draw(Axis(0.0, 5e4), [Lane("all", spans, marks)], "all")

    page = Page(drawn)
    assert page.elements["rect"] <= WIDTH / 2
    assert page.elements["path"] <= WIDTH / 5 + 2
    assert "and 2" in page.text


def test_nor_where_a_clock_was_set_back_again_and_again() -> None:
    """Each state is wide then, and lies upon the others; what was told last is seen."""
    spans = [Span(0.0, 50.0, "good", "Online")] * 20_000
    spans.append(Span(50.0, 100.0, "bad", "Faulted"))
    drawn = timeline.draw(Axis(0.0, 100.0), [Lane("state", spans)], "states")

    assert Page(drawn).elements["rect"] <= WIDTH
    assert "Faulted" in drawn


def test_what_is_not_on_the_axis_is_not_drawn() -> None:
    outside = Lane("a", [Span(0.0, 5.0, "bad", "early")], [Mark(99.0, "bad", "late")])
    drawn = Page(timeline.draw(Axis(10.0, 20.0), [outside], "nothing"))

    assert drawn.elements["rect"] == 0
    assert "early" not in drawn.text
    assert "late" not in drawn.text


def ys(drawn: str, name: str) -> list[float]:
    """Return the heights of path *name*."""
    found = re.search(rf'd="([^"]*)" class="{name}"', drawn)
    assert found is not None
    return [float(y) for y in re.findall(r"[ V]([0-9.]+)", found[1])]


def test_a_stall_stands_out_above_what_is_usual() -> None:
    points = [(float(i), [1.0]) for i in range(100)]
    points[50] = (50.0, [5000.0])
    drawn = plot.draw(Axis(0.0, 100.0), points, [], "latency", 5000.0)
    heights = ys(drawn, "middle")

    assert len(heights) == 100
    assert min(heights) == heights[50]  # y goes down
    assert len(set(heights)) == 2
    assert "10 s" in Page(drawn).text
    assert Page(drawn).classes["line", "limit"] == 1


def test_a_column_reaches_from_its_quickest_to_its_slowest() -> None:
    points = [(i / 1000, [1.0, 100.0, 2.0]) for i in range(100_000)]
    drawn = plot.draw(Axis(0.0, 100.0), points, [], "latency")

    assert len(ys(drawn, "middle")) <= WIDTH / 2
    assert len(set(ys(drawn, "reach"))) == 2
    assert len(drawn) < 50_000


def test_the_line_is_broken_where_nothing_came() -> None:
    points = [(float(i), [1.0]) for i in (*range(100), *range(500, 600))]
    drawn = plot.draw(Axis(0.0, 600.0), points, [(300.0, "refused <b>")], "latency")
    line = re.search(r'd="([^"]*)" class="middle"', drawn)

    assert line is not None
    assert line[1].count("M") == 2
    assert Page(drawn).classes["rect", "bad"] == 1
    assert "refused <b>" in Page(drawn).text


def test_no_points_and_one_are_drawn_as_well() -> None:
    cases: list[list[plot.Point]] = [[], [(5.0, [0.0])], [(5.0, [])]]
    for points in cases:
        Page(plot.draw(Axis(0.0, 10.0), points, [], "latency"))
