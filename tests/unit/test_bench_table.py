"""How the bench counts and prints."""

from __future__ import annotations

import pytest

from fixtures.bench.measure import percentile
from fixtures.bench.table import figure, ratio, render


@pytest.mark.parametrize(
    ("count", "percent", "want"),
    [(100, 99, 99), (100, 50, 50), (20, 99, 20), (1, 99, 1)],
)
def test_a_percentile_is_one_of_the_values(
    count: int, percent: float, want: int
) -> None:
    assert percentile(range(1, count + 1), percent) == want


def test_what_misses_its_limit_says_so() -> None:
    table = render([ratio("slow", 0.3, 0.1, 2.0), figure("small", 1.0, " MB", 36.0)])

    slow, small = table.splitlines()[2:]
    assert slow.split() == [
        "slow",
        "300.00",
        "ms",
        "100.00",
        "ms",
        "3.00",
        "x",
        "2",
        "x",
        "MISSED",
    ]
    assert small.endswith("36 MB      ok")
