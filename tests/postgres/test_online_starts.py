"""pgx_online starts a server: once, recorded, and never beside what must not be disturbed."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.processes import gone, kill, start_time, wait_until
from fixtures.server import Server
from tests.fix_postgres import MakeServer
from tests.fix_resource import OFFLINE, MakeResource, Resource
from tests.postgres.online_runs import online


def write_pid_file(server: Server, pid: int) -> None:
    """Leave a PID file behind as a killed postmaster does."""
    lines = [pid, server.data, int(time.time()) - 60, server.port, server.sockets]
    path = server.data / "postmaster.pid"
    path.write_text("".join(f"{line}\n" for line in [*lines, "", "0 0", "ready"]))
    os.chown(path, server.user.uid, -1)


# --- a start ------------------------------------------------------------------


def test_a_start_is_recorded_watched_and_answers(resource: Resource) -> None:
    pid = online(resource)
    found = resource.known()

    assert resource.server.answers()
    assert (found.state, found.start) == ("online", start_time(pid))
    assert resource.monitor_runs()
    assert "database system is ready" in resource.server_log()
    assert (resource.work / "identity").exists()


def test_online_twice_leaves_the_server_alone(resource: Resource) -> None:
    """It has the server judged anew, by a monitor that takes the other one's place."""
    pid = online(resource)
    before = start_time(pid)
    result = resource.online()

    assert result.returncode == 0
    assert "is Online already" in result.stderr
    assert (resource.server.pid(), start_time(pid)) == (pid, before)
    assert resource.monitor() is not None


@pytest.mark.one_postgres
def test_two_at_once_both_succeed_and_start_one_server(resource: Resource) -> None:
    first, second = (resource.start("pgx_online", resource.name) for _ in range(2))
    outputs = [run.communicate(timeout=60)[1] for run in (first, second)]

    assert [first.returncode, second.returncode] == [0, 0], outputs
    assert sum("started postmaster" in text for text in outputs) == 1
    assert sum("is Online already" in text for text in outputs) == 1


def test_a_start_after_a_crash_recovers(resource: Resource) -> None:
    pid = online(resource)
    resource.server.ask("create table t (n int)", "postgres")
    resource.server.ask("insert into t values (7)", "postgres")
    kill(pid)
    wait_until(lambda: gone(pid), "the postmaster is gone")

    assert online(resource) != pid
    assert resource.server.ask("select n from t", "postgres") == "7"


def test_a_relocated_configuration_file_is_handed_over(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    conf = open_tmp / "elsewhere.conf"
    (server.data / "postgresql.conf").rename(conf)
    resource = make_resource(server, config_file=conf)
    online(resource)

    assert resource.server.ask("show config_file") == str(conf)


@pytest.mark.one_postgres("oldest")
def test_without_a_directory_of_programs_the_right_ones_are_found(
    make_resource: MakeResource, server: Server
) -> None:
    if not str(server.binaries.directory).startswith("/usr/lib/postgresql/"):
        pytest.skip("no PostgreSQL in its ordinary place")
    online(make_resource(server, bin_dir=None))


@pytest.mark.one_postgres
def test_a_node_that_is_not_named_is_a_warning(resource: Resource) -> None:
    result = resource.online(env={"RELIANT_HOSTNAME": "otherRMS"})

    assert result.returncode == 0
    assert 'this node, "otherRMS", is not one of the nodes' in result.stderr


@pytest.mark.one_postgres
def test_autorecover_is_told_and_changes_nothing_else(resource: Resource) -> None:
    pid = online(resource)
    result = resource.online(env={"HV_AUTORECOVER": "1"})

    assert result.returncode == 0
    assert "recovery of a faulted resource" in result.stderr
    assert resource.server.pid() == pid


@pytest.mark.one_postgres
def test_it_works_as_the_os_user(resource: Resource) -> None:
    user = resource.server.user
    if not user.other:
        pytest.skip("only for an ordinary user as the other tests already are")
    environ = resource.environment()
    for program, code in (("pgx_online", 0), ("pgx_check", 0), ("pgx_offline", 0)):
        line = [command(program), resource.name]
        result = subprocess.run(
            line, env=environ, cwd="/", capture_output=True, **user.popen_options()
        )
        assert result.returncode == code, result.stderr


def test_an_instance_in_standby_mode_is_legal(resource: Resource) -> None:
    (resource.server.data / "standby.signal").touch()
    resource.server.user.own(resource.server.data / "standby.signal")
    resource.server.configure(hot_standby="off")
    online(resource)

    assert resource.server.status_line() == "standby"


# --- stale PID files ------------------------------------------------------------


def test_a_pid_file_of_a_dead_process(resource: Resource) -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    write_pid_file(resource.server, child.pid)

    online(resource)


@pytest.fixture
def bystander(server: Server) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the OS user that has nothing to do with the instance."""
    process = subprocess.Popen(
        ["sleep", "600"], cwd="/", env={}, **server.user.popen_options()
    )
    yield process
    process.kill()
    process.wait()


def test_a_pid_file_of_an_unrelated_process_which_is_never_touched(
    resource: Resource, bystander: subprocess.Popen[bytes]
) -> None:
    write_pid_file(resource.server, bystander.pid)
    assert resource.check() == OFFLINE
    online(resource)
    environ = _environ(resource.known().postmaster)
    assert environ["PG_GRANDPARENT_PID"] == str(bystander.pid)
    assert resource.offline().returncode == 0

    assert bystander.poll() is None


def test_a_fresh_start_names_no_grandparent(resource: Resource) -> None:
    assert "PG_GRANDPARENT_PID" not in _environ(online(resource))


def _environ(pid: int) -> dict[str, str]:
    words = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(word.split("=", 1) for word in words if word)


def test_a_pid_file_of_a_zombie(resource: Resource) -> None:
    user = resource.server.user
    zombie = subprocess.Popen(["sleep", "600"], env={}, **user.popen_options())
    zombie.kill()
    wait_until(lambda: gone(zombie.pid), "it is a zombie")
    write_pid_file(resource.server, zombie.pid)
    try:
        online(resource)
    finally:
        zombie.wait()


def test_a_pid_file_of_another_instance_which_is_never_touched(
    make_server: MakeServer, make_resource: MakeResource
) -> None:
    other, server = make_server("other"), make_server("data")
    pid = other.start_plain()
    write_pid_file(server, pid)
    resource = make_resource(server)
    mine = online(resource)
    assert resource.offline().returncode == 0

    assert gone(mine)
    assert other.answers()
    assert other.pid() == pid


def test_the_pid_file_of_a_postmaster_just_killed(resource: Resource) -> None:
    for _ in range(3):
        pid = online(resource)
        kill(pid)  # at once: it is a zombie until somebody reaps it
