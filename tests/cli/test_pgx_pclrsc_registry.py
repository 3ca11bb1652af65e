"""The registry: what -a writes, -p shows and -d takes away."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib

import pytest

from fixtures.os_user import OsUser
from pgx_base import locks
from pgx_pclrsc.core import names
from tests.fix_registry import Registry, mode
from tests.look_alike import like_a_server


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
    registry.add({"-D": f"{registry.data}//", "-w": f"{registry.home}/.//work/"})

    found = registry.load()
    assert found.data_directory == str(registry.data)
    assert found.work_directory == str(registry.work)


def test_a_name_is_registered_once(registered: Registry) -> None:
    before = (registered.root / "pg1" / "definition.toml").read_bytes()
    result = registered.add({"-w": registered.home / "other"}, "--watch-interval=9")

    assert result.returncode == 1
    assert 'error: resource "pg1" already exists' in result.stderr
    assert result.stderr.count("error:") == 1
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


def test_two_resources_never_share_a_data_directory(registered: Registry) -> None:
    """Offline of the one would stop the other's server."""
    registered.data.mkdir(exist_ok=True)
    link = registered.home / "data-link"
    link.symlink_to(registered.data)
    for data in (registered.data, link):
        result = registered.add(
            {"-c": "pg2", "-w": registered.home / "other", "-D": data}
        )

        assert result.returncode == 1
        assert 'is that of resource "pg1"' in result.stderr
    assert registered.names() == ["pg1"]
    assert not (registered.home / "other").exists()


def test_a_data_directory_that_nobody_sees_is_told_by_its_path(
    registered: Registry,
) -> None:
    other = {"-c": "pg2", "-w": registered.home / "other", "-D": registered.data}
    result = registered.add(other)

    assert result.returncode == 1
    assert f'data directory "{registered.data}" is that of' in result.stderr


def test_a_link_is_told_by_where_it_leads_though_nothing_is_mounted(
    registered: Registry,
) -> None:
    link = registered.home / "data-link"
    link.symlink_to(registered.data)
    assert not link.exists()
    other = {"-c": "pg2", "-w": registered.home / "other", "-D": link}
    result = registered.add(other)

    assert result.returncode == 1
    assert f'data directory "{link}" is that of resource "pg1"' in result.stderr


def test_minus_p_shows_every_setting(registered: Registry) -> None:
    text = registered.run("-p", "-c", "pg1")
    parsed = json.loads(registered.run("-p", "-c", "pg1", "--output=json").stdout)

    assert (text.returncode, text.stderr) == (0, "")
    assert tomllib.loads(text.stdout) == parsed
    assert list(parsed) == [
        "name", "os_user", "data_directory", "work_directory", "nodes", "db_user",
        "response_timeout", "timeout_retry_count", "trace_max_file_size", "watch_interval",
        "online_timeout", "offline_timeout", "bin_dir", "config_file",
        "server_log_max_file_size", "auth_failure", "switch_mode", "broken_pid_file", "env",
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
    """A process of the OS user with a server's title, with its working directory there."""
    data = registry.home / "pgdata"
    data.mkdir()
    if through_link:
        (registry.home / "data").symlink_to(data)
    registry.add({"-D": registry.home / "data" if through_link else data})
    with like_a_server(os_user, data) as process:
        result = registry.run("-d", "-c", "pg1")

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
