"""How pgx_monitor is called."""

from __future__ import annotations

import pytest

from pgx_agent.monitor.options import Options, Told, parse, parse_told
from pgx_base.failure import Failure


def test_a_name_is_enough() -> None:
    assert parse(["pg1"]) == Options("pg1")


def test_every_option() -> None:
    got = parse(
        [
            "pg1",
            "--by=online",
            "--generation=abc",
            "--wait-fd=3",
            "--ready-fd=4",
            "--watch-interval-ms=5",
        ]
    )

    assert got == Options("pg1", "online", "abc", 3, 4, 5)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["1a"],
        ["--by=check"],
        ["pg1", "pg2"],
        ["pg1", "--by"],
        ["pg1", "--by=rms"],
        ["pg1", "--nosuch=1"],
        ["pg1", "--by=check", "--by=check"],
        ["pg1", "--wait-fd=x"],
    ],
)
def test_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(Failure, match="usage: pgx_monitor NAME"):
        parse(arguments)


def test_what_online_tells() -> None:
    assert parse_told("12 34 abc started\n") == Told((12, 34), "abc", True)
    assert parse_told("12 34 abc adopted\n") == Told((12, 34), "abc", False)
    assert parse_told("") is None
    assert parse_told("12 34 abc") is None
