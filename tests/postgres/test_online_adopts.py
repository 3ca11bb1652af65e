"""pgx_online meets a server that runs already: it adopts what answers and stops what cannot."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from fixtures.os_user import plain_environment
from fixtures.processes import gone, kill, kill_postmaster, start_time, wait_until
from fixtures.server import Server
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, MakeResource, Resource
from tests.fix_sessions import Connect
from tests.postgres.online_runs import online

# --- adopted --------------------------------------------------------------------


def test_a_server_started_by_hand(resource: Resource) -> None:
    pid = resource.server.start_plain()
    before = start_time(pid)
    result = resource.online()

    assert result.returncode == 0, result.stderr
    assert f"adopted postmaster {pid}" in result.stderr
    assert (resource.server.pid(), start_time(pid)) == (pid, before)
    assert resource.check() == ONLINE
    assert resource.offline().returncode == 0
    assert gone(pid)


@pytest.mark.one_postgres
def test_a_server_whose_monitor_was_killed_is_online_all_the_while(
    resource: Resource,
) -> None:
    pid = online(resource)
    generation = resource.known().generation
    resource.kill_monitor()
    running = resource.start("pgx_online", resource.name)
    answers = {_said(resource)}
    while running.poll() is None:
        answers.add(_said(resource))
    running.communicate()

    assert running.returncode == 0
    assert answers == {("online", generation)}
    assert resource.server.pid() == pid
    wait_until(resource.monitor_runs, "the new monitor holds its lock")


def _said(resource: Resource) -> tuple[str, str]:
    found = resource.known()
    return found.state, found.generation


def test_a_server_that_is_still_starting_is_joined(
    resource: Resource,
) -> None:
    server = resource.server
    pid = server.start_plain()
    server.ask("create table t as select generate_series(1, 100000) n", "postgres")
    kill_postmaster(pid)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "it is no zombie any more")
    mine = server.launch()

    assert online(resource) == mine


def test_a_server_whose_connections_are_all_used(
    resource: Resource, connect: Connect
) -> None:
    server = resource.server
    server.configure(max_connections=5, superuser_reserved_connections=1)
    pid = server.start_plain()
    inside: list[psycopg.Connection] = []
    with pytest.raises(psycopg.OperationalError, match="too many clients"):
        while True:
            inside.append(connect(server))

    assert online(resource) == pid
    assert [session.execute("select 1").fetchone() for session in inside] == [
        (1,) for _ in inside
    ]


def _client(server: Server) -> subprocess.Popen[bytes]:
    where = ["-h", str(server.sockets), "-p", str(server.port), "-U", server.user.name]
    return subprocess.Popen(
        [
            server.binaries.path("psql"),
            "-XAtq",
            *where,
            "-d",
            "postgres",
            "-c",
            "select pg_sleep(600)",
        ],
        env=plain_environment("root"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.one_postgres
def test_a_server_without_its_configuration_file(resource: Resource) -> None:
    pid = resource.server.start_plain()
    (resource.server.data / "postgresql.conf").unlink()

    assert online(resource) == pid


@pytest.mark.one_postgres
def test_a_server_whose_template1_is_locked(
    make_resource: MakeResource, server: Server
) -> None:
    """Silence of template1 is no fault while the database postgres answers."""
    resource = make_resource(server, response_timeout=10, timeout_retry_count=1)
    pid = server.start_plain()
    where = ["-h", str(server.sockets), "-p", str(server.port), "-U", server.user.name]
    lock = subprocess.Popen(
        [server.binaries.path("psql"), "-XAtq", *where, "-d", "postgres"],
        env=plain_environment("root"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert lock.stdin is not None
    assert lock.stdout is not None
    lock.stdin.write(
        "begin;\nalter database template1 rename to x;\nselect 'locked';\n"
    )
    lock.stdin.flush()
    assert lock.stdout.readline() == "locked\n"
    try:
        result = resource.online()
        assert result.returncode == 0, result.stderr
        assert server.pid() == pid
    finally:
        lock.kill()
        lock.wait()
        lock.stdin.close()
        lock.stdout.close()


# --- refused, and left as it is ----------------------------------------------------


@pytest.mark.one_postgres
def test_a_live_server_in_a_closed_data_directory_is_left_alone(
    resource: Resource,
) -> None:
    pid = online(resource)
    resource.server.data.chmod(0o000)
    try:
        result = resource.online()
        assert result.returncode == 1
        assert "Permission denied" in result.stderr
        assert not gone(pid)
        assert resource.check() == ONLINE
    finally:
        resource.server.data.chmod(0o700)


# --- stopped and started anew --------------------------------------------------------

Damage = Callable[[Path], object]
DAMAGES: dict[str, Damage] = {
    "removed": Path.unlink,
    "emptied": lambda path: path.write_text(""),
    "pointing elsewhere": lambda path: path.write_text("1\n"),
}


@pytest.mark.one_postgres
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_server_that_its_pid_file_does_not_name(
    resource: Resource, damage: Damage
) -> None:
    pid = online(resource)
    _let_it_age(pid)
    damage(resource.server.data / "postmaster.pid")
    result = resource.online()

    assert result.returncode == 0, result.stderr
    assert f"stopping postmaster {pid} (fast): its PID file does not name it" in (
        result.stderr
    )
    assert gone(pid)
    assert resource.check() == ONLINE
    assert resource.server.answers()


def _let_it_age(pid: int) -> None:
    """Wait until nobody can think that the server has yet to write its PID file."""
    ticks = os.sysconf("SC_CLK_TCK")

    def age() -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME) - start_time(pid) / ticks

    wait_until(lambda: age() > 5.1, "the server is old enough")


@pytest.mark.one_postgres
def test_a_stopped_postmaster_whose_record_says_faulted(
    make_resource: MakeResource, server: Server
) -> None:
    resource = make_resource(server, response_timeout=8, timeout_retry_count=0)
    pid = online(resource)
    os.kill(pid, signal.SIGSTOP)
    resource.wait_for(FAULTED)
    result = resource.online()

    assert result.returncode == 0, result.stderr
    assert f"stopping postmaster {pid} (immediate): the resource is Faulted" in (
        result.stderr
    )
    assert gone(pid)
    assert server.pid() != pid
    assert resource.check() == ONLINE


@pytest.mark.one_postgres
def test_a_stopped_postmaster_that_nobody_has_recorded(
    make_resource: MakeResource, server: Server
) -> None:
    resource = make_resource(server, response_timeout=5, timeout_retry_count=1)
    pid = server.start_plain()
    os.kill(pid, signal.SIGSTOP)
    result = resource.online()

    assert result.returncode == 0, result.stderr
    assert "the monitor's rules call it Faulted" in result.stderr
    assert gone(pid)
    assert server.answers()


@pytest.mark.one_postgres
def test_a_server_restarted_by_hand_after_a_fault_is_adopted(
    resource: Resource,
) -> None:
    """The record calls another postmaster Faulted, and not this one."""
    pid = online(resource)
    kill_postmaster(pid)
    resource.wait_for(FAULTED)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "it is no zombie any more")
    by_hand = resource.server.start_plain()
    result = resource.online()

    assert result.returncode == 0, result.stderr
    assert resource.known().postmaster == by_hand
    assert resource.check() == ONLINE


def test_a_server_that_is_shutting_down_is_stopped_and_started(
    resource: Resource,
) -> None:
    """A smart shutdown waits for its clients for ever; Online does not."""
    server = resource.server
    pid = server.start_plain()
    client = _client(server)
    count = "select count(*) from pg_stat_activity where query like '%pg_sleep(600)'"
    wait_until(lambda: server.ask(count, "postgres") == "1", "the client is there")
    try:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: server.status_line() == "stopping", "it is shutting down")
        result = resource.online()
        assert result.returncode == 0, result.stderr
        assert gone(pid)
    finally:
        client.kill()
        client.wait()


@pytest.mark.one_postgres
def test_a_fault_while_the_monitor_is_dead_is_a_fault(resource: Resource) -> None:
    pid = online(resource)
    resource.kill_monitor()
    kill(pid)
    wait_until(lambda: gone(pid), "the postmaster is gone")

    assert resource.check() == FAULTED
    assert online(resource) != pid
    assert resource.offline().returncode == 0
    assert resource.check() == OFFLINE
