"""Telling a server's data directory from its command line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_postgres.processes.postmasters import started_for


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["postgres", "-D", "/data"], "/data"),
        (["postgres", "-D/data/"], "/data"),
        (["postgres", "-c", "port=1", "-D", "/d/../e"], "/e"),
        (["postgres", "-c", "port=1"], None),
        (["postgres: checkpointer "], None),
        ([], None),  # a server that is just ending
        (["postgres", "-D"], "."),
    ],
)
def test_the_directory_that_a_command_line_names(
    words: list[str], named: str | None
) -> None:
    assert started_for(words) == named


@given(st.lists(st.sampled_from(["", "-D", "-D/x", "/x", "postgres"]), max_size=4))
def test_whatever_the_words_are_they_are_read(words: list[str]) -> None:
    assert (started_for(words) is None) == (not any(w.startswith("-D") for w in words))
