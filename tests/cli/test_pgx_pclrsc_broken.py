"""A registry that is broken, closed or not there: what is said, and the way out."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.os_user import OsUser
from pgx_base.failure import Failure
from pgx_pclrsc import store
from tests.fix_registry import Registry


def test_a_registry_that_is_no_absolute_path_is_refused(registry: Registry) -> None:
    registry.env["PGX_PCLRSC_HOME"] = "registry"

    assert "is not an absolute path" in registry.add().stderr
    assert registry.run("-p").returncode == 1


def test_a_registry_that_is_a_file_is_an_error(registry: Registry) -> None:
    registry.root.parent.mkdir()
    registry.root.write_text("a file")
    result = registry.add()

    assert result.returncode == 1
    assert (
        f'error: could not read registry "{registry.root}": Not a directory'
        in result.stderr
    )
    assert not registry.work.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="only for an ordinary user")
def test_an_unreadable_registry_is_an_error(registered: Registry) -> None:
    registered.root.chmod(0)
    try:
        results = [registered.run("-p"), registered.run("-p", "-c", "pg1")]
        with pytest.raises(Failure) as caught:
            store.load("pg1", str(registered.root))
    finally:
        registered.root.chmod(0o755)

    assert [result.returncode for result in results] == [1, 1]
    assert all("could not read registry" in result.stderr for result in results)
    assert not isinstance(caught.value, store.UnknownResource)


@pytest.mark.root
def test_a_registry_closed_to_the_os_user_is_an_error(
    registered: Registry, os_user: OsUser
) -> None:
    registered.root.chmod(0o700)
    result = subprocess.run(
        [command("pgx_pclrsc"), "-p", "-c", "pg1"],
        env=registered.environment(),
        capture_output=True,
        text=True,
        **os_user.popen_options(),
    )

    assert result.returncode == 1
    assert "could not read registry" in result.stderr


def _cut(text: str) -> str:
    return text[: len(text) // 2]


def _with_key(text: str) -> str:
    return "shiny_new = 1\n" + text


def _other_name(text: str) -> str:
    return text.replace('name = "pg1"', 'name = "pg2"')


def _other_work(text: str) -> str:
    return text.replace("/home/work", "/home/work2")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_cut, ""),
        (lambda _: "", "Missing key"),
        (lambda _: "\0\1\2", "Line 1 cannot be understood: a key is missing"),
        (lambda text: text.replace('"pg1"', "pg1", 1), "Line 1 cannot be understood"),
        (_with_key, 'nrecognized key "shiny_new"'),
        (_other_name, 'It is the definition of "pg2".'),
        (_other_work, "leads to"),
        (
            lambda text: text.replace("= 3\n", "= 0\n"),
            'nvalid value "0" for watch-interval',
        ),
    ],
)
def test_a_broken_definition_is_refused_and_can_be_removed(
    registered: Registry, damage: Callable[[str], str], said: str
) -> None:
    path = registered.root / "pg1" / "definition.toml"
    path.write_text(damage(path.read_text()))
    shown = registered.run("-p", "-c", "pg1")

    assert shown.returncode == 1
    assert 'error: could not read definition of resource "pg1"' in shown.stderr
    assert said in shown.stderr
    assert registered.run("-p").stdout == "pg1\n"
    removed = registered.run("-d", "-c", "pg1")
    assert removed.returncode == 0
    assert "warning: could not look for an instance" in removed.stderr
    assert registered.names() == []


def _no_definition(entry: Path) -> None:
    (entry / "definition.toml").unlink()


def _directory(entry: Path) -> None:
    _no_definition(entry)
    (entry / "definition.toml").mkdir()


def _fifo(entry: Path) -> None:
    _no_definition(entry)
    os.mkfifo(entry / "definition.toml")


def _no_link(entry: Path) -> None:
    (entry / "work").unlink()


def _file(entry: Path) -> None:
    shutil.rmtree(entry)
    entry.write_text("")


@pytest.mark.parametrize("damage", [_no_definition, _directory, _fifo, _no_link, _file])
def test_a_broken_entry_is_refused_and_can_be_removed(
    registered: Registry, damage: Callable[[Path], None]
) -> None:
    damage(registered.root / "pg1")

    assert registered.run("-p", "-c", "pg1").returncode == 1
    assert "already exists" in registered.add({"-w": registered.home / "other"}).stderr
    assert registered.run("-d", "-c", "pg1").returncode == 0
    assert registered.run("-p").stdout == ""


@pytest.mark.root
@pytest.mark.parametrize("action", ["-a", "-d"])
def test_a_user_who_cannot_change_the_registry_is_told_to_be_root(
    registered: Registry, action: str
) -> None:
    """The kernel's "Permission denied" would come late, and of some file."""
    user = registered.user
    words = (
        ["-d", "-c", "pg1"]
        if action == "-d"
        else [
            "-a",
            *registered.options(
                {"-c": "pg2", "-w": registered.home / "two", "-D": "/d"}
            ),
        ]
    )
    done = subprocess.run(
        [command("pgx_pclrsc"), *words],
        env=registered.environment(),
        text=True,
        capture_output=True,
        **user.popen_options(),
    )

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f'pgx_pclrsc: error: registry "{registered.root}" cannot be changed by this user',
        "pgx_pclrsc: hint: Run the command as root.",
    ]
    assert registered.names() == ["pg1"]


def test_a_registry_whose_disk_is_not_mounted_is_not_an_empty_one(
    registry: Registry,
) -> None:
    registry.root.parent.mkdir(parents=True, exist_ok=True)
    registry.root.symlink_to(registry.root.parent / "disk" / "registry")

    listed, asked = registry.run("-p"), registry.run("-d", "-c", "pg1")

    for done in (listed, asked):
        assert done.returncode == 1
        assert f'could not read registry "{registry.root}"' in done.stderr
