"""How long a script works of the time that it has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pgx_agent.script.parent import verdict_in

LIMITS = st.integers(1, 100_000)


@given(LIMITS)
def test_a_registered_limit_is_left_two_seconds_or_five_percent(limit: int) -> None:
    assert verdict_in(limit) == limit - max(2.0, limit * 0.05)


@given(LIMITS)
def test_of_a_managers_own_limit_something_is_worked_however_short(limit: int) -> None:
    assert verdict_in(limit, limit) == max(verdict_in(limit), limit / 2)


@given(LIMITS, LIMITS)
def test_a_longer_limit_of_the_manager_changes_nothing(limit: int, more: int) -> None:
    assert verdict_in(limit, limit + more) == verdict_in(limit)
