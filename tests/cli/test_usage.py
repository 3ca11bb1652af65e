"""Every command says what it is, and what is wrong with the words that it was given."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fixtures.commands import command
from pgx_base.version import VERSION
from tools.commands import COMMANDS, FAKES

# These are started by our own programs alone.
ALL = sorted({*COMMANDS, *FAKES} - {"pgx_monitor", "mc_main"})
SCRIPTS = ("pgx_check", "pgx_offline", "pgx_online")


def _run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it with nothing in its environment: no cluster, no registry."""
    return subprocess.run(
        [command(name), *arguments],
        env={"PATH": "/usr/bin:/bin"},
        cwd="/",
        text=True,
        capture_output=True,
        timeout=60,
    )


@pytest.mark.parametrize("name", ALL)
def test_help_tells_how_it_is_called(name: str) -> None:
    done = _run(name, "--help")

    assert (done.returncode, done.stderr) == (0, "")
    assert name in done.stdout
    assert "usage:" in done.stdout.lower()


@pytest.mark.parametrize("name", ALL)
def test_version_tells_name_and_version(name: str) -> None:
    done = _run(name, "--version")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{name} ")
    assert done.stdout.endswith(f" {VERSION}\n")


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("flag", ["-?", "-V"])
def test_the_scripts_have_the_short_forms_of_postgresqls_programs(
    name: str, flag: str
) -> None:
    done = _run(name, flag)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{name} ")


@pytest.mark.parametrize(
    ("name", "code"), [("pgx_check", 2), ("pgx_offline", 1), ("pgx_online", 1)]
)
def test_help_that_cannot_be_written_is_no_success(name: str, code: int) -> None:
    with Path(os.devnull).open("rb") as unwritable:
        done = subprocess.run(
            [command(name), "--help"],
            stdout=unwritable,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )

    assert done.returncode == code
    assert "could not write to standard output" in done.stderr


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ([], "no resource name given"),
        (["pg1", "pg2"], 'unexpected argument "pg2"'),
        (["-x"], 'unrecognized option "-x"'),
        (["-c", "pg1"], 'unrecognized option "-c"'),
        (["-\n"], 'unrecognized option "-\\n"'),
        (["pg1", "--help"], 'option "--help" cannot be used with anything else'),
        (["-V", "pg1"], 'option "-V" cannot be used with anything else'),
    ],
)
def test_wrong_usage_of_a_script_says_what_is_wrong(
    name: str, arguments: list[str], wrong: str
) -> None:
    """Exit 0 would say Online, and of pgx_check 1 would say Offline."""
    done = _run(name, *arguments)

    assert done.returncode == (2 if name == "pgx_check" else 1)
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"{name}: error: {wrong}",
        f'{name}: hint: Try "{name} --help" for more information.',
    ]


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--break-guard"], "no resource name given"),
        (["--break-guard", "pg1", "--break-guard"], "given more than once"),
        (["--break-guard", "pg1", "pg2"], 'unexpected argument "pg2"'),
        (["--break-guards", "pg1"], 'unrecognized option "--break-guards"'),
        (["--dry-run"], "no resource name given"),
        (["--dry-run", "pg1", "--break-guard"], 'cannot be used with "--break-guard"'),
    ],
)
def test_wrong_usage_of_the_way_past_the_guard(
    arguments: list[str], wrong: str
) -> None:
    done = _run("pgx_online", *arguments)

    assert done.returncode == 1
    assert wrong in done.stderr


def test_wrong_usage_of_the_fake_hvw_is_an_error() -> None:
    done = _run("fake-hvw", "--nosuch", "x")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith('fake-hvw: error: not a way to call it: "--nosuch"')
