"""pgx_online starts a server: once, recorded, and never beside what must not be disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.os_user import plain_environment
from fixtures.processes import gone, kill, of_directory, start_time, wait_until
from fixtures.server import Server
from tests.fix_postgres import MakeServer
from tests.fix_resource import OFFLINE, ONLINE, MakeResource, Resource


def online(resource: Resource, **env: str) -> int:
    """Run pgx_online, see that it succeeds, and return the postmaster's PID."""
    result = resource.online(env=env, limit=90)

    assert result.returncode == 0, result.stderr + resource.trace()
    assert resource.check() == ONLINE
    pid = resource.server.pid()
    assert pid is not None
    assert resource.known().postmaster == pid
    return pid


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


def test_online_twice_leaves_everything_alone(resource: Resource) -> None:
    pid = online(resource)
    before, monitor = start_time(pid), resource.monitor()
    result = resource.online()

    assert result.returncode == 0
    assert "is Online already" in result.stderr
    assert (resource.server.pid(), start_time(pid)) == (pid, before)
    assert resource.monitor() == monitor


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


def test_without_a_directory_of_programs_the_right_ones_are_found(
    make_resource: MakeResource, server: Server
) -> None:
    if not str(server.binaries.directory).startswith("/usr/lib/postgresql/"):
        pytest.skip("only for an ordinary place of PostgreSQL's programs")
    online(make_resource(server, bin_dir=None))


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


def test_it_works_as_the_os_user(resource: Resource) -> None:
    user = resource.server.user
    if not user.other:
        pytest.skip("only for an ordinary user as the other tests already are")
    environ = resource.environment()
    for program, code in (("pgx_online", 0), ("pgx_check", 0), ("pgx_offline", 0)):
        from fixtures.commands import command

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


# --- orphans --------------------------------------------------------------------


def test_an_orphan_backend_is_ended_and_said(resource: Resource) -> None:
    pid = online(resource)
    with SpinningBackend(resource.server) as backend:
        kill(pid)
        wait_until(lambda: gone(pid), "the postmaster is gone")
        os.kill(backend, signal.SIGCONT)
        os.kill(backend, signal.SIGSTOP)
        began = time.monotonic()
        result = resource.online(limit=60)

        assert result.returncode == 0, result.stderr
        assert time.monotonic() - began < 20
        assert f"{backend} (" in result.stderr
        assert gone(backend)


class SpinningBackend:
    """A backend that spins and does not notice the death of its postmaster."""

    _LOOP = "do $$ begin loop null; end loop; end $$"

    def __init__(self, server: Server) -> None:
        self._server = server

    def __enter__(self) -> int:
        server = self._server
        where = [
            "-h",
            str(server.sockets),
            "-p",
            str(server.port),
            "-U",
            server.user.name,
        ]
        self._psql = subprocess.Popen(
            [
                server.binaries.path("psql"),
                "-XAtq",
                *where,
                "-d",
                "postgres",
                "-c",
                self._LOOP,
            ],
            env=plain_environment("root"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        sql = "select pid from pg_stat_activity where query like 'do $$%' and state = 'active'"
        wait_until(lambda: server.ask(sql, "postgres"), "the backend spins")
        return int(server.ask(sql, "postgres"))

    def __exit__(self, *_: object) -> None:
        self._psql.kill()
        self._psql.wait()


# --- starts that fail or do not end ---------------------------------------------


def _hang_in_recovery(server: Server) -> None:
    (server.data / "recovery.signal").touch()
    server.user.own(server.data / "recovery.signal")
    server.configure(restore_command="sleep 600")


@pytest.mark.one_postgres
def test_a_start_that_never_ends_says_what_it_waits_for_and_leaves_nothing(
    make_resource: MakeResource, server: Server
) -> None:
    _hang_in_recovery(server)
    resource = make_resource(server, online_timeout=20)
    began = time.monotonic()
    result = resource.online(limit=40)

    assert result.returncode == 1
    assert time.monotonic() - began < 18
    assert "is not up within its online-timeout of 20 s" in result.stderr
    assert "still starting after 10 s" in result.stderr
    assert "sleep 600" in result.stderr
    _nothing_is_left(resource)


def _nothing_is_left(resource: Resource) -> None:
    assert not [pid for pid in of_directory(resource.server.data) if not gone(pid)]
    assert not resource.monitor_runs()
    assert resource.check() == OFFLINE


@pytest.mark.one_postgres
def test_an_offline_ends_a_start_and_what_it_began(
    make_resource: MakeResource, server: Server
) -> None:
    _hang_in_recovery(server)
    resource = make_resource(server)
    running = resource.start("pgx_online", resource.name)
    wait_until(lambda: resource.server.status_line() == "starting", "it starts")
    assert resource.offline().returncode == 0
    output = running.communicate(timeout=20)[1]

    assert running.returncode == 1
    assert "was ended by signal 15" in output
    _nothing_is_left(resource)


@pytest.mark.one_postgres
def test_sigterm_ends_it_at_once_and_the_next_one_joins(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    (server.data / "recovery.signal").touch()
    server.user.own(server.data / "recovery.signal")
    gate = open_tmp / "gate"
    server.configure(
        max_connections=100,  # as when the data directory was made
        restore_command=f"while test ! -e {gate}; do sleep 0.1; done; false",
    )
    resource = make_resource(server)
    first = resource.start("pgx_online", resource.name)
    wait_until(lambda: resource.server.status_line() == "starting", "it starts")
    pid = resource.server.pid()
    began = time.monotonic()
    first.terminate()
    first.communicate(timeout=10)
    assert (first.returncode, resource.check()) == (1, OFFLINE)
    assert time.monotonic() - began < 5
    second = resource.start("pgx_online", resource.name)
    wait_until(
        lambda: f"joining the start of postmaster {pid}" in resource.trace(), "joins"
    )
    gate.touch()
    output = second.communicate(timeout=60)[1]

    assert second.returncode == 0, output
    assert resource.server.pid() == pid


@pytest.mark.one_postgres
def test_a_server_that_lets_nobody_in_is_stopped_again(
    make_resource: MakeResource, server: Server
) -> None:
    (server.data / "pg_hba.conf").write_text(
        "local all all reject\nhost all all all reject\n"
    )
    resource = make_resource(server, timeout_retry_count=1)
    result = resource.online(limit=60)

    assert result.returncode == 1
    assert "was started and does not answer" in result.stderr
    assert "pg_hba.conf" in result.stderr
    _nothing_is_left(resource)
    assert server.pid() is None


@pytest.mark.one_postgres
def test_a_wrong_password_can_be_a_warning(
    make_resource: MakeResource, server: Server
) -> None:
    (server.data / "pg_hba.conf").write_text(
        "local all all reject\nhost all all all reject\n"
    )
    resource = make_resource(server, auth_failure="warn")

    online(resource)


# --- the server's output ----------------------------------------------------------


def test_a_link_in_place_of_the_log_is_not_followed(
    resource: Resource, open_tmp: Path
) -> None:
    target = open_tmp / "target"
    target.write_text("untouched")
    (resource.work / "server.log").symlink_to(target)
    result = resource.online()

    assert result.returncode == 0, result.stderr
    assert "could not open server.log" in result.stderr
    assert target.read_text() == "untouched"


def test_a_record_that_is_a_link_starts_nothing(
    resource: Resource, open_tmp: Path
) -> None:
    target = open_tmp / "target"
    target.write_text("untouched")
    (resource.work / "record").unlink()
    (resource.work / "record").symlink_to(target)
    result = resource.online()

    assert result.returncode == 1
    assert "could not write the status record" in result.stderr
    assert target.read_text() == "untouched"
    assert resource.server.pid() is None


def test_a_garbled_record_is_written_anew(resource: Resource) -> None:
    (resource.work / "record").write_bytes(b"nonsense" * 64)

    online(resource)
