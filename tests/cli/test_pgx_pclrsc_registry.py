"""The registry: what -a writes, -p shows and -d takes away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.os_user import OsUser
from fixtures.processes import wait_until
from pgx_pclrsc import locks, names, proc, store
from pgx_pclrsc.failure import Failure
from tests.fix_registry import Registry, mode


def test_minus_a_keeps_every_setting(registry: Registry, os_user: OsUser) -> None:
    result = registry.add(
        {}, "--db-user=me", "--watch-interval=7", "--env=A=b", "--env=B="
    )

    assert result.returncode == 0
    found = registry.load()
    assert (found.db_user, found.watch_interval) == ("me", 7)
    assert found.env == {"A": "b", "B": ""}
    assert (found.uid, found.gid) == (os_user.uid, os_user.gid)
    assert os_user.gid in found.groups


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_modes_do_not_depend_on_the_umask(registry: Registry, umask: int) -> None:
    result = registry.add(umask=umask)

    assert result.returncode == 0, result.stderr
    entry = registry.root / "pg1"
    assert [mode(path) for path in (registry.root.parent, registry.root, entry)] == [
        0o755
    ] * 3
    assert mode(entry / "definition.toml") == 0o644
    assert os.readlink(entry / "work") == str(registry.work)
    assert mode(registry.work) == 0o700
    assert {mode(path) for path in registry.work.iterdir()} == {0o600}


def test_paths_are_kept_without_what_says_nothing(registry: Registry) -> None:
    registry.add({"-D": f"{registry.data}//", "-w": f"{registry.home}//./work/"})

    found = registry.load()
    assert found.data_directory == str(registry.data)
    assert found.work_directory == str(registry.work)


def test_a_name_is_registered_once(registered: Registry) -> None:
    before = (registered.root / "pg1" / "definition.toml").read_bytes()
    result = registered.add({"-w": registered.home / "other"}, "--watch-interval=9")

    assert result.returncode == 1
    assert 'error: resource "pg1" already exists' in result.stderr
    assert (registered.root / "pg1" / "definition.toml").read_bytes() == before
    assert not (registered.home / "other").exists()


def test_names_are_case_sensitive(registered: Registry) -> None:
    result = registered.add({"-c": "PG1", "-w": registered.home / "other"})

    assert result.returncode == 0
    assert registered.run("-p").stdout == "PG1\npg1\n"


def test_two_resources_never_share_a_work_directory(registered: Registry) -> None:
    (registered.home / "link").symlink_to(registered.home)
    for work in (registered.work, registered.home / "link" / "work"):
        result = registered.add({"-c": "pg2", "-w": work})

        assert result.returncode == 1
        assert 'is that of resource "pg1"' in result.stderr
    assert registered.names() == ["pg1"]


def test_a_shared_data_directory_is_warned_of(registered: Registry) -> None:
    result = registered.add({"-c": "pg2", "-w": registered.home / "other"})

    assert result.returncode == 0
    assert (
        f'data directory "{registered.data}" is that of resource "pg1" too'
        in result.stderr
    )


def test_minus_p_shows_every_setting(registered: Registry) -> None:
    text = registered.run("-p", "-c", "pg1")
    parsed = json.loads(registered.run("-p", "-c", "pg1", "--output=json").stdout)

    assert (text.returncode, text.stderr) == (0, "")
    assert tomllib.loads(text.stdout) == parsed
    assert list(parsed) == [
        "name", "os_user", "data_directory", "work_directory", "nodes", "db_user",
        "response_timeout", "timeout_retry_count", "trace_max_file_size", "watch_interval",
        "online_timeout", "offline_timeout", "bin_dir", "config_file", "auth_failure",
        "switch_mode", "env",
    ]  # fmt: skip
    assert parsed["nodes"] == ["node1RMS", "node2RMS"]
    assert (parsed["timeout_retry_count"], parsed["bin_dir"], parsed["env"]) == (
        6,
        "",
        {},
    )
    assert "watch_interval = 3" in text.stdout.splitlines()


def test_minus_p_lists_names(registry: Registry) -> None:
    assert (registry.run("-p").stdout, registry.run("-p").returncode) == ("", 0)
    assert json.loads(registry.run("-p", "--output=json").stdout) == []
    for name in ("b", "a", "C"):
        registry.add({"-c": name, "-w": registry.home / name})
    (registry.root / ".new.x").mkdir()

    assert registry.run("-p").stdout == "C\na\nb\n"
    assert json.loads(registry.run("-p", "--output", "json").stdout) == ["C", "a", "b"]


@pytest.mark.parametrize("action", ["-p", "-d"])
def test_an_unregistered_name_is_refused(registered: Registry, action: str) -> None:
    result = registered.run(action, "-c", "pg2")

    assert result.returncode == 1
    assert 'error: resource "pg2" does not exist' in result.stderr


def test_minus_d_leaves_the_work_directory(registered: Registry) -> None:
    result = registered.run("-d", "-c", "pg1")

    assert (result.returncode, result.stdout) == (0, 'resource "pg1" removed\n')
    assert registered.names() == []
    assert (registered.work / names.RECORD).exists()
    assert registered.add().returncode == 0


def test_what_killed_runs_left_is_cleared_away(registered: Registry) -> None:
    for leftover in (".new.pg2", ".gone.pg3"):
        (registered.root / leftover).mkdir()
        (registered.root / leftover / "definition.toml").write_text("half")
    result = registered.add({"-c": "pg2", "-w": registered.home / "other"})

    assert result.returncode == 0, result.stderr
    assert registered.names() == ["pg1", "pg2"]


def test_of_two_at_once_one_wins(registry: Registry) -> None:
    for turn in range(5):
        works = [registry.home / f"work{turn}{side}" for side in "ab"]
        lines = [["-a", *registry.options({"-w": work})] for work in works]
        running = [registry.popen(*line) for line in lines]
        said = [process.communicate(timeout=60) for process in running]

        assert sorted(process.returncode for process in running) == [0, 1], said
        winner = [process.returncode for process in running].index(0)
        assert registry.load().work_directory == str(works[winner])
        assert not works[1 - winner].exists()
        assert registry.names() == ["pg1"]
        assert registry.run("-d", "-c", "pg1").returncode == 0


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
        (lambda _: "\0\1\2", "not valid TOML"),
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


@pytest.mark.parametrize("broken", [False, True])
def test_minus_d_is_refused_while_the_monitor_runs(
    registered: Registry, broken: bool
) -> None:
    if broken:
        (registered.root / "pg1" / "definition.toml").write_text("")
    with (registered.work / names.MONITOR_LOCK).open("r+b") as lock:
        assert locks.take(lock.fileno(), locks.MONITOR)
        result = registered.run("-d", "-c", "pg1")

        assert result.returncode == 1
        assert 'the monitor of resource "pg1" runs on this node' in result.stderr
        assert registered.names() == ["pg1"]
    assert registered.run("-d", "-c", "pg1").returncode == 0


def test_minus_d_is_refused_during_a_transition(registered: Registry) -> None:
    with (registered.work / names.TRANSITION_LOCK).open("r+b") as lock:
        assert locks.take(lock.fileno(), locks.EXCLUSIVE)
        result = registered.run("-d", "-c", "pg1")

    assert result.returncode == 1
    assert 'a transition of resource "pg1" is in progress' in result.stderr
    assert registered.is_whole()


@pytest.mark.parametrize("through_link", [False, True])
def test_minus_d_is_refused_while_the_instance_runs(
    registry: Registry, os_user: OsUser, through_link: bool
) -> None:
    """A process of the OS user, called postgres, with its working directory there."""
    data = registry.home / "pgdata"
    data.mkdir()
    if through_link:
        (registry.home / "data").symlink_to(data)
    registry.add({"-D": registry.home / "data" if through_link else data})
    server = registry.home / "postgres"
    shutil.copy("/bin/sleep", server)
    with subprocess.Popen(
        [server, "60"], cwd=data, **os_user.popen_options()
    ) as process:
        wait_until(lambda: proc.exe(process.pid) == str(server), "the server runs")
        result = registry.run("-d", "-c", "pg1")
        process.kill()

    assert result.returncode == 1
    assert 'the instance of resource "pg1" runs on this node' in result.stderr
    assert f"Server processes: {process.pid}." in result.stderr
    assert registry.run("-d", "-c", "pg1").returncode == 0


def test_another_process_in_the_data_directory_is_no_instance(
    registry: Registry, os_user: OsUser
) -> None:
    data = registry.home / "pgdata"
    data.mkdir()
    registry.add({"-D": data})
    with subprocess.Popen(
        ["/bin/sleep", "60"], cwd=data, **os_user.popen_options()
    ) as process:
        result = registry.run("-d", "-c", "pg1")
        process.kill()

    assert result.returncode == 0, result.stderr
