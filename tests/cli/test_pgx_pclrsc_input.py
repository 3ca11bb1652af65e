"""pgx_pclrsc and what people type: all of it is answered, and nothing is written."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from fixtures.commands import command
from tests.fix_registry import Registry, Result


def errors(result: Result) -> list[str]:
    """Return the primary lines of the errors."""
    return re.findall(r"^pgx_pclrsc: error: (.*)$", result.stderr, re.MULTILINE)


def refused(registry: Registry, result: Result) -> list[str]:
    """Return the errors of *result*, once it is sure that nothing was written."""
    assert result.returncode == 1
    assert result.stdout == ""
    assert not registry.root.exists()
    assert not registry.work.exists()
    assert "Traceback" not in result.stderr
    return errors(result)


@pytest.mark.parametrize("name", ["a", "Pg_1", "A234567890123456"])
def test_a_right_name_is_registered(registry: Registry, name: str) -> None:
    result = registry.add({"-c": name})

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f'resource "{name}" registered\n'
    assert registry.names() == [name]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "A2345678901234567",
        "1a",
        "a-b",
        "a.b",
        "../x",
        "é",
        "a\n",
        "a b",
        "/x",
        "-a",
    ],
)
def test_a_wrong_name_is_refused(registry: Registry, name: str) -> None:
    for action in (registry.add({"-c": name}), registry.run("-d", "-c", name)):
        found = refused(registry, action)

        assert len(found) == 1
        assert found[0].startswith("invalid resource name")


@pytest.mark.parametrize(
    ("nodes", "want"),
    [
        ("node1", ['invalid node name "node1"']),
        ("", ['invalid node name ""']),
        ("aRMS,,bRMS", ['invalid node name ""']),
        ("aRMS,aRMS", ['node name "aRMS" given more than once']),
        ("a,b", ['invalid node name "a"', 'invalid node name "b"']),
    ],
)
def test_a_wrong_node_is_refused(
    registry: Registry, nodes: str, want: list[str]
) -> None:
    assert refused(registry, registry.add({"-n": nodes})) == want


def test_a_relative_path_is_refused(registry: Registry) -> None:
    found = refused(registry, registry.add({"-D": "data", "-w": "./work"}))

    assert found == [
        'data directory "data" is not valid',
        'work directory "./work" is not valid',
    ]


@pytest.mark.parametrize(
    ("user", "want"),
    [
        ("no_such_user", 'OS user "no_such_user" does not exist'),
        ("root", 'OS user "root" is root'),
        ("0", 'OS user "0" does not exist'),
        ("", 'invalid OS user name ""'),
        ("a\nb", 'invalid OS user name "a\\nb"'),
    ],
)
def test_a_wrong_user_is_refused(registry: Registry, user: str, want: str) -> None:
    assert refused(registry, registry.add({"-u": user})) == [want]


@pytest.mark.skipif(os.geteuid() == 0, reason="only for an ordinary user")
def test_an_ordinary_user_registers_nobody_else(registry: Registry) -> None:
    found = refused(registry, registry.add({"-u": "daemon"}))

    assert found == ['cannot register a resource of OS user "daemon"']


@pytest.mark.parametrize("value", ["-1", "1.5", "three", "", "9" * 40, "2147484"])
def test_a_wrong_number_is_refused(registry: Registry, value: str) -> None:
    found = refused(registry, registry.add({}, f"--watch-interval={value}"))

    assert found == [f'invalid value "{value}" for watch-interval']


def test_all_problems_are_told_at_once(registry: Registry) -> None:
    registry.work.parent.chmod(0o755)
    wrong = {"-c": "a-b", "-u": "no_such_user", "-D": "data", "-n": "a"}
    result = registry.add(
        wrong, "--watch-interval=0", "--env=PGPASSWORD=x", "--nothing", "-p"
    )

    assert len(refused(registry, result)) == 8
    assert result.stderr.endswith(
        'pgx_pclrsc: hint: Try "pgx_pclrsc --help" for more information.\n'
    )


def test_what_this_node_says_is_told_with_the_rest(registry: Registry) -> None:
    gone = registry.home / "missing" / "work"
    found = refused(registry, registry.add({"-w": gone}, "--watch-interval=0", "--foo"))

    assert len(found) == 3
    assert f'"{gone.parent}"' in found[2]


@pytest.mark.parametrize("option", ["-c", "-u", "-D", "-w", "-n"])
def test_a_missing_option_is_named(registry: Registry, option: str) -> None:
    found = refused(registry, registry.add({option: None}))

    assert found == [f'required option "{option}" is missing']


def test_an_empty_command_line_is_answered(registry: Registry) -> None:
    assert refused(registry, registry.run()) == ["no action specified"]


def test_no_output_holds_a_secret(registry: Registry) -> None:
    result = registry.add({}, "--env=PGPASSWORD=hunter2", "--env=hunter2")

    assert len(refused(registry, result)) == 2
    assert "hunter2" not in result.stderr


@pytest.mark.parametrize("option", ["--help", "-?"])
def test_help_names_every_option(registry: Registry, option: str) -> None:
    result = registry.run(option)

    assert (result.returncode, result.stderr) == (0, "")
    for word in (
        "-a",
        "-d",
        "-p",
        "--env",
        "--switch-mode",
        "--broken-pid-file",
        "--output",
        "PGX_PCLRSC_HOME",
    ):
        assert word in result.stdout
    assert max(map(len, result.stdout.splitlines())) < 90


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_told(registry: Registry, option: str) -> None:
    result = registry.run(option)

    assert result.returncode == 0
    assert re.fullmatch(
        r"pgx_pclrsc \(pgx-primecluster\) \d+\.\d+\.\d+\n", result.stdout
    )


def test_output_that_cannot_be_written_is_an_error(registered: Registry) -> None:
    with registered.popen("-p") as process:
        assert process.communicate(timeout=60)[0] == "pg1\n"
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [command("pgx_pclrsc"), "-p"],
            env=registered.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )

    assert result.returncode == 1
    assert errors(result) == [
        "could not write to standard output: No space left on device"
    ]


def test_closed_descriptors_do_not_become_the_definition(registry: Registry) -> None:
    words = [command("pgx_pclrsc"), "-a", *registry.options({})]
    shell = 'exec "$@" <&- >&- 2>&-'
    result = subprocess.run(
        ["sh", "-c", shell, "sh", *words], env=registry.environment()
    )

    assert result.returncode == 0
    assert registry.load().watch_interval == 3
