"""Whatever a value in the trace's lines for programs is, they can be read back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fixtures.facts import parse
from pgx_base.trace import facts


@given(st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(' \n"')))
def test_every_value_can_be_read_back(value: str) -> None:
    line = facts("one", value=value, more="end")

    assert "\n" not in line
    assert parse(line) == {"facts": "1", "of": "one", "value": value, "more": "end"}


@given(st.text())
def test_whatever_stands_in_a_value_it_is_one_line(value: str) -> None:
    line = facts("one", value=value, more="end")

    assert len(line.splitlines()) == 1
    assert parse(line)["more"] == "end"
