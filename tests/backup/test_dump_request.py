"""What pgx_dmpall's command line may be: all that is wrong with it is told at once."""

from __future__ import annotations

import pytest

from pgx_mirror.command.dump_request import parse


def test_what_is_asked_for() -> None:
    asked = parse(["-D", "/d", "-c/m/s.conf", "--generations=7"])
    assert (asked.data, asked.conf, asked.generations) == ("/d", "/m/s.conf", 7)
    assert not asked.problems

    by_default = parse([], "/of/pgdata")
    assert (by_default.data, by_default.conf, by_default.generations) == (
        "/of/pgdata",
        "",
        2,
    )
    assert not by_default.problems


@pytest.mark.parametrize(
    "number", ["0", "-1", "1001", "", "two", "2.0", "٣", "00000000000000000001"]
)
def test_a_number_that_is_none(number: str) -> None:
    (one,) = parse(["-D", "/d", f"--generations={number}"]).problems
    assert one.primary.startswith("invalid number of generations")


def test_all_at_once() -> None:
    found = parse(["-c", "network", "--generations=0", "--verbose", "more"]).problems
    assert [one.primary.split()[0] for one in found] == [
        "unrecognized",
        "unexpected",
        "no",
        "invalid",
        "invalid",
    ]
