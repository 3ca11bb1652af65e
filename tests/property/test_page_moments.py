"""Moments of the clock on the wall, held against Python's own calendar."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pgx_base import moments

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # no zone is known
ANY = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))  # noqa: DTZ001


@given(ANY)
def test_a_moment_is_read_as_it_is_written(at: datetime) -> None:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    shown = at.isoformat(" ", "milliseconds")
    read = moments.read(shown)

    assert read is not None
    assert abs(timedelta(seconds=read) - (at - EPOCH)) < timedelta(milliseconds=1)
    assert moments.day(read) == shown[:10]
    assert moments.text(read) == shown[:19]


@given(st.text(max_size=30))
def test_another_text_is_no_moment(text: str) -> None:
    try:
        expected = datetime.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        expected = None
    found = moments.read(text)

    assert found is None or (expected is not None or len(text) > 10)


@given(st.integers(1, 9999), st.integers(0, 99), st.integers(0, 99))
def test_a_day_that_is_in_no_calendar_is_none(year: int, month: int, day: int) -> None:
    try:
        datetime(year, month, day)  # noqa: DTZ001
        is_day = True
    except ValueError:
        is_day = False

    assert (moments.read(f"{year:04}-{month:02}-{day:02}") is not None) == is_day
