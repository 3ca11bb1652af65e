"""What a command line asks of pgx_rcvall, and all that is wrong with it."""

from __future__ import annotations

import os
import subprocess

import pytest

from fixtures.commands import command
from fixtures.os_user import plain_environment
from pgx_mirror.command.rcvall_request import Request, parse


def problems(*words: str, data: str = "") -> list[str]:
    return [one.primary for one in parse(list(words), data).problems]


def test_the_manuals_own_line() -> None:
    found = parse(["-D", "/database1/inst1", "-B", "/backup/inst1"])
    assert found.problems == ()
    assert (found.data, found.destination) == ("/database1/inst1", "/backup/inst1")
    assert not found.lists


def test_the_variable_counts_without_the_option() -> None:
    assert parse(["-B", "/b"], "/data").data == "/data"
    assert parse(["-B", "/b", "-D", "/other"], "/data").data == "/other"
    assert problems("-B", "/b") == ["no data directory given"]


@pytest.mark.parametrize("option", ["-e", "-n"])
def test_a_past_point_is_refused_with_the_manuals_reason(option: str) -> None:
    found = parse(["-D", "/d", "-B", "/b", option, "2026-11-29 17:00:00"])
    (problem,) = found.problems
    assert "past point" in problem.primary
    assert "6.11.2" in (problem.detail or "")


def test_a_list_needs_no_data_directory_and_takes_no_options_of_a_restore() -> None:
    assert problems("-l", "-B", "/b", "--output=json") == []
    assert problems("-l", "-B", "/b", "--backup=x") == [
        'option "--backup" cannot be used with "-l"'
    ]
    assert problems("-D", "/d", "-B", "/b", "--output=json") == [
        'option "--output" needs option "-l"'
    ]


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert problems("--backup=", "--output=xml", "-x", "here") == [
        'unrecognized option "-x"',
        'unexpected argument "here"',
        'option "--output" needs option "-l"',
        "no backup destination given",
        "no data directory given",
        'option "--backup" requires a value',
        'invalid output format "xml"',
    ]


def test_help_is_given_whatever_else_is_wrong() -> None:
    found: Request = parse(["--help", "-x"])
    assert "--help" in found.options


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to be root")
def test_root_is_refused() -> None:
    done = subprocess.run(
        [command("pgx_rcvall"), "-D", "/nowhere", "-B", "/nowhere"],
        env=plain_environment("root"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "pgx_rcvall: error: cannot be run as root\n" in done.stderr
