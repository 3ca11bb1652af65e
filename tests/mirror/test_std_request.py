"""mc_std's command line: what it hands on to mc_ctl, and all that it refuses, at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.command.request import START, STOP
from pgx_mirror.command.std_request import WAITS, parse

START_LINE = ["start", "/i", "/m"]
STOP_LINE = ["stop", "/i", "/m"]


def problems(*words: str) -> list[str]:
    return [problem.primary for problem in parse(list(words)).problems]


@pytest.mark.parametrize(
    ("options", "want"),
    [
        ([], ["-w"]),
        ([""], ["-w"]),
        (["-f"], ["-w", "-f"]),
        (["-w -f"], ["-w", "-f"]),
        (["-wf"], ["-wf"]),
        (["-f", "--local-server server1"], ["-w", "-f", "--local-server", "server1"]),
        (["--local-server='a b' -F"], ["-w", "--local-server=a b", "-F"]),
        (["--mc-only"], ["-w", "--mc-only"]),
    ],
)
def test_options_are_handed_on_as_a_shell_would_split_them(
    options: list[str], want: list[str]
) -> None:
    asked = parse([*START_LINE, *options])

    assert asked.problems == ()
    assert asked.line(START) == ["/i/bin/mc_ctl", "start", "-M", "/m", *want]


def test_a_stop_is_a_stop_and_what_takes_a_start_back_names_the_server() -> None:
    stop = parse(["stop", "/i/", "/m", "--local-server=server1"])
    start = parse([*START_LINE, "-f --local-server=server1"])
    want = ["/i/bin/mc_ctl", "stop", "-M", "/m", "--local-server=server1"]

    assert stop.problems == ()
    assert stop.line(STOP) == want
    assert start.line(STOP) == want
    assert parse(START_LINE).line(STOP) == want[:4]


@pytest.mark.parametrize(
    ("words", "want"),
    [
        (
            [],
            [
                "no mode given",
                "no installation directory given",
                "no management directory given",
            ],
        ),
        (["restart", "/i", "/m"], ['unrecognized mode "restart"']),
        (
            ["start", "i", "m"],
            [
                'installation directory "i" is not absolute',
                'management directory "m" is not absolute',
            ],
        ),
        (
            ["start", "/i", "", "-x"],
            ["no management directory given", 'unrecognized option "-x"'],
        ),
        ([*START_LINE, "-f -F"], ['option "-f" cannot be used with option "-F"']),
        ([*START_LINE, "-M /other"], ['option "-M" given more than once']),
        ([*START_LINE, "status"], ['unexpected argument "status"']),
        (
            [*START_LINE, "-W --as-primary --help"],
            [
                'option "--help" cannot be used with "start"',
                'option "-W" cannot be handed on to mc_ctl',
                'option "--as-primary" cannot be handed on to mc_ctl',
            ],
        ),
        (
            [*STOP_LINE, "-a -w"],
            [
                'option "-w" cannot be used with "stop"',
                'option "-a" cannot be handed on to mc_ctl',
            ],
        ),
        ([*STOP_LINE, "-e"], ['option "-e" cannot be handed on to mc_ctl']),
        ([*START_LINE, "-f '"], ['options "-f \'" cannot be split']),
        (
            [*START_LINE, "-f; reboot"],
            ['unrecognized option "-;"', 'unexpected argument "reboot"'],
        ),
        ([*START_LINE, "$(reboot)"], ['unexpected argument "$(reboot)"']),
        ([*START_LINE, "-f\n-x"], ['unrecognized option "-x"']),
        (["--wait=x", *START_LINE], ['invalid time to wait "x"']),
        (["--wait=86401", *START_LINE], ['invalid time to wait "86401"']),
        (["--wait=", *START_LINE], ['invalid time to wait ""']),
        (
            ["--wait=1", "--wait=2", *START_LINE],
            ['option "--wait" given more than once'],
        ),
    ],
)
def test_a_wrong_line_is_refused_with_all_that_is_wrong(
    words: list[str], want: list[str]
) -> None:
    assert problems(*words) == want


def test_how_long_a_start_is_tried_again() -> None:
    assert parse(START_LINE).wait == WAITS
    assert parse(["--wait=0", *START_LINE]).wait == 0
    assert parse(["--wait=90", *START_LINE]).wait == 90


@given(st.lists(st.text(st.characters(exclude_characters="\0"), max_size=20)))
def test_any_line_is_understood_or_refused(options: list[str]) -> None:
    asked = parse([*START_LINE, *options])

    if not asked.problems:
        line = asked.line(START)
        assert line[:4] == ["/i/bin/mc_ctl", "start", "-M", "/m"]
        assert line.count("-M") == 1
