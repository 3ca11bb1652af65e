"""mc_ctl's command line: everything wrong at once, exit 2, and nothing done."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.commands import command
from fixtures.os_user import plain_environment
from pgx_mirror.command.request import MODES, parse
from tests.fix_mcdir import Mcdir

SETUP = "setup -M m -r standby -U u -h h -p 5432 --standby-name=s"


def problems(line: str) -> list[str]:
    return [problem.primary for problem in parse(line.split()).problems]


@pytest.mark.parametrize(
    "line",
    [
        "start -M m",
        "start -w -f -M m --mc-only",
        "start -M m -W -F --as-primary",
        "-M m start",
        "start -wfMm",
        "stop -M m -a --mc-only",
        "stop -M m -e --local-server server1",
        "status -M m --output=json",
        "status -M m --output text",
        "status -M m --output=prometheus",
        "status -M m --watch --lag",
        "status -M m --watch --arbiter --output=json",
        "status --watch=0.5 -M m --output=json",
        "switch -M m",
        "detach -M m",
        "enable-failover -M m",
        "disable-failover -M m",
        "secret -M m",
        SETUP,
        "setup -M m -r standby -U u -h h -p 5432 -standby-name=s",
        "setup -M m -r standby -U u -h h -p 5432 --standby-names s -c sslmode=verify-full",
    ],
)
def test_a_right_line_is_understood(line: str) -> None:
    assert problems(line) == []


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ("", ["no mode given", "no management directory given"]),
        ("restart -M m", ['unrecognized mode "restart"']),
        ("start stop -M m", ['unexpected argument "stop"']),
        ("start -M m -x", ['unrecognized option "-x"']),
        ("start -M", ['option "-M" requires a value', "no management directory given"]),
        ("start -M m -M n", ['option "-M" given more than once']),
        ("start -M m --local-server=", ['option "--local-server" requires a value']),
        ("start -M m -a", ['option "-a" cannot be used with "start"']),
        ("start -M m -w -W", ['option "-w" cannot be used with option "-W"']),
        ("start -M m -f -F", ['option "-f" cannot be used with option "-F"']),
        ("stop -M m -e -a", ['option "-e" cannot be used with option "-a"']),
        (
            "stop -M m -e --mc-only",
            ['option "-e" cannot be used with option "--mc-only"'],
        ),
        ("status -M m --output=xml", ['invalid output format "xml"']),
        ("status -M m --watch=", ['option "--watch" requires a value']),
        ("status -M m --watch=0", ['invalid interval "0"']),
        ("status -M m --watch=99999", ['invalid interval "99999"']),
        ("status -M m --watch=1e3", ['invalid interval "1e3"']),
        ("status -M m --watch 5", ['unexpected argument "5"']),
        ("start -M m --watch", ['option "--watch" cannot be used with "start"']),
        (
            "status -M m --arbiter --lag",
            ['option "--arbiter" cannot be used with option "--lag"'],
        ),
        (
            "status -M m --watch --lag --output=prometheus",
            [
                'option "--watch" cannot be used with option "--output=prometheus"',
                'option "--lag" cannot be used with option "--output=prometheus"',
            ],
        ),
        (f"{SETUP} --method=rsync", ['invalid method "rsync"']),
        (
            "switch -M m --no-fencing --abandon-register -f",
            [
                'option "--no-fencing" needs option "--force"',
                'option "--abandon-register" needs option "--force"',
                'option "-f" needs option "--force"',
            ],
        ),
        (
            "setup -M m -r primary -p 0",
            [
                'invalid role "primary"',
                'invalid port "0"',
                'required option "-U" is missing',
                'required option "-h" is missing',
                'required option "--standby-name" is missing',
            ],
        ),
        (
            f"{SETUP} --standby-names=t",
            ['option "--standby-name" given more than once'],
        ),
        ("start -f --force", ["no management directory given"]),
    ],
)
def test_everything_that_is_wrong_is_said(line: str, want: list[str]) -> None:
    found = problems(line)

    assert [problem for problem in want if problem not in found] == []


@pytest.mark.parametrize(
    "name", ["", "*", "s1_joining", "pgx_mirror_barrier", "a\tb", "é", "n" * 56]
)
def test_a_name_that_means_something_else_is_refused(name: str) -> None:
    line = [*SETUP.split()[:-1], f"--standby-name={name}"]

    assert len(parse(line).problems) == 1


@pytest.mark.parametrize(
    "connstr", ["password=x", "user=u password = x", "postgresql://u:x@h/d"]
)
def test_a_password_in_a_connection_string_is_refused_and_not_shown(
    connstr: str,
) -> None:
    (problem,) = parse([*SETUP.split(), "-c", connstr]).problems

    assert "has a password in it" in problem.primary
    assert "x@" not in str(vars(problem))


def test_dash_p_is_warned_of_and_never_shown() -> None:
    asked = parse([*SETUP.split(), "-P", "Geheim"])

    assert asked.problems == ()
    (warning,) = asked.warnings
    assert warning.primary == 'option "-P" is ignored'
    assert "Geheim" not in str(vars(warning))


@given(st.lists(st.sampled_from([*MODES, "-M", "m", "-w", "-e", "--force", "-", "--"])))
def test_any_line_is_understood_or_has_a_problem(words: list[str]) -> None:
    asked = parse(words)

    assert asked.problems or asked.mode in MODES


def test_all_problems_of_a_line_end_in_exit_code_2(mcdir: Mcdir) -> None:
    result = mcdir.run("start", "-f", "-F", "-x")

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        'mc_ctl: error: unrecognized option "-x"\n'
        "mc_ctl: error: no management directory given\n"
        "mc_ctl: hint: Give it with -M, or in the variable MCCONTROLDIR.\n"
        'mc_ctl: error: option "-f" cannot be used with option "-F"\n'
        'mc_ctl: hint: Try "mc_ctl --help" for more information.\n'
    )


def test_help_names_every_mode_and_option(mcdir: Mcdir) -> None:
    result = mcdir.run("--help")

    assert (result.returncode, result.stderr) == (0, "")
    assert [mode for mode in MODES if f"mc_ctl {mode} " not in result.stdout] == []
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 88
    for option in (
        "-w",
        "-W",
        "-f",
        "-F",
        "-a",
        "-e",
        "--as-primary",
        "--output",
        "--watch",
        "--lag",
        "--arbiter",
    ):
        assert re.search(rf"(?m)^ +{option}\b", result.stdout)


@pytest.mark.root
def test_root_is_refused(mcdir: Mcdir) -> None:
    result = subprocess.run(
        [command("mc_ctl"), "status", "-M", mcdir.path],
        env=plain_environment("root"),
        text=True,
        capture_output=True,
    )

    assert os.geteuid() == 0
    assert (result.returncode, result.stdout) == (1, "")
    assert "mc_ctl: error: cannot be run as root\n" in result.stderr
