"""A controller that was stopped anywhere blames nobody for the time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.hands.lateness import MUCH, Lateness

times = st.floats(0, 1e6)


def test_a_wait_is_no_lateness_and_what_lasts_beyond_it_is() -> None:
    lateness = Lateness(0.0)
    lateness.waits(8.0)
    assert lateness.at(8.5) == 0.0
    lateness.waits(10.0)
    assert lateness.at(17.5) == 7.5


def test_a_stop_amid_a_turn_is_found_at_the_next_look_at_the_clock() -> None:
    lateness = Lateness(0.0)
    assert lateness.at(0.5) == 0.0
    assert lateness.at(60.5) == 60.0
    assert lateness.at(60.6) == 0.0, "it is told once"


def test_who_is_woken_early_is_not_late_afterwards() -> None:
    lateness = Lateness(0.0)
    lateness.waits(100.0)
    assert lateness.at(1.0) == 0.0
    assert lateness.at(5.0) == 4.0


@given(times, times, times)
def test_no_more_than_has_passed_is_forgiven(
    start: float, wait: float, on: float
) -> None:
    lateness = Lateness(start)
    lateness.waits(start + wait)
    late = lateness.at(start + wait + on)
    assert late == 0.0 or late == pytest.approx(on, abs=1e-6)
    assert late == 0.0 or late >= MUCH
