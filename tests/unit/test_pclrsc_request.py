"""What a command line asks for, and all that is wrong with it."""

from __future__ import annotations

import pytest

from pgx_base import text
from pgx_pclrsc.tool import request

ADD = [
    "-a",
    "-c",
    "pg1",
    "-u",
    "postgres",
    "-D",
    "/data",
    "-w",
    "/work",
    "-n",
    "aRMS,bRMS",
]


def test_registering_takes_every_option() -> None:
    asked = request.parse(
        [*ADD, "--watch-interval=5", "--db-user", "me", "--env=A=b=c"]
    )

    assert asked.problems == ()
    assert asked.action == "-a"
    assert asked.values == {
        "name": "pg1",
        "os_user": "postgres",
        "data_directory": "/data",
        "work_directory": "/work",
        "nodes": ("aRMS", "bRMS"),
        "watch_interval": 5,
        "db_user": "me",
        "env": {"A": "b=c"},
    }


@pytest.mark.parametrize(
    "line", ["-d -c pg1", "-d -cpg1", "-dc pg1", "-dcpg1", "-c pg1 -d"]
)
def test_options_and_values_may_stand_together_or_apart(line: str) -> None:
    asked = request.parse(line.split())

    assert (asked.action, asked.values, asked.problems) == ("-d", {"name": "pg1"}, ())


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ("", ["no action specified"]),
        ("-d", ['required option "-c" is missing']),
        ("-d -p -c a", ["only one action can be given, not -d and -p"]),
        ("-a -d -p", ["only one action can be given, not -a and -d and -p"]),
        ("-d -c a -c b", ['option "-c" given more than once']),
        ("-d -c a -u b", ['option "-u" cannot be used with "-d"']),
        ("-p --output=xml", ['invalid output format "xml"']),
        ("-d -c a --output=json", ['option "--output" cannot be used with "-d"']),
        ("-p --out=json", ['unrecognized option "--out"']),
        ("--check", ['required option "-c" is missing']),
        ("--restart-monitor", ['required option "-c" is missing']),
        (
            "--check -c a --watch-interval=3",
            ['option "--watch-interval" cannot be used with "--check"'],
        ),
        ("-p -xy", ['unrecognized option "-x"', 'unrecognized option "-y"']),
        ("-p --watch-interval", ['option "--watch-interval" requires a value']),
        ("-p --help=x", ['option "--help" takes no value']),
        ("-p pg1", ['unexpected argument "pg1"']),
        ("-p -- -c pg1", ['unexpected argument "-c"', 'unexpected argument "pg1"']),
        ("-p -", ['unexpected argument "-"']),
        ("-d -c 1a", ['invalid resource name "1a"']),
    ],
)
def test_every_problem_is_told(line: str, want: list[str]) -> None:
    asked = request.parse(line.split())

    assert [problem.primary for problem in asked.problems] == want


@pytest.mark.parametrize(
    "option",
    [
        "--watch-interval=-1",
        "--watch-interval=1.5",
        "--watch-interval=1e3",
        "--watch-interval= 3",
        "--watch-interval=+3",
        "--watch-interval=0x3",
        "--watch-interval=３",
        "--watch-interval=",
        "--watch-interval=99999999999999999999",
        "--bin-dir=",
        "--config-file=",
        "--config-file=postgresql.conf",
        "--server-log-max-file-size=-1",
        "--server-log-max-file-size=1MB",
        "--auth-failure=ignore",
        "--switch-mode=smart",
        "--broken-pid-file=keep",
        "--env=A",
        "--db-user=",
    ],
)
def test_a_wrong_value_is_one_problem(option: str) -> None:
    assert len(request.parse([*ADD, option]).problems) == 1


def test_a_variable_is_given_once() -> None:
    assert len(request.parse([*ADD, "--env=A=1", "--env=B=2"]).problems) == 0
    assert len(request.parse([*ADD, "--env=A=1", "--env=A=2"]).problems) == 1


def test_what_may_be_a_password_is_not_shown() -> None:
    problems = request.parse(
        [*ADD, "--env=hunter2", "--env=PGPASSWORD=hunter2"]
    ).problems

    assert len(problems) == 2
    assert "hunter2" not in " ".join(
        f"{p.primary} {p.detail} {p.hint}" for p in problems
    )


def test_help_is_wanted_even_where_the_rest_is_wrong() -> None:
    assert "--help" in request.parse(["-x", "--help"]).options
    assert "-?" in request.parse(["-a?"]).options
    assert "--help" not in request.parse(["-c", "--help"]).options


@pytest.mark.parametrize(
    ("value", "want"),
    [
        ("a", '"a"'),
        ("a\nb\x1b[1m", '"a\\nb\\x1b[1m"'),
        ("\udc80", '"\\udc80"'),
        ("日本", '"日本"'),
        ("\u2028", '"\\u2028"'),
        ("x" * 2000, '"' + "x" * 1100 + '..."'),
    ],
)
def test_a_text_from_outside_stays_on_its_line(value: str, want: str) -> None:
    assert text.quoted(value) == want
