"""pgx_online where a start fails, does not end, or meets what a dead one has left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from fixtures.os_user import plain_environment
from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from tests.fix_resource import OFFLINE, MakeResource, Resource
from tests.postgres.ocf_calls import ocf
from tests.postgres.online_runs import nothing_is_left, online

# --- orphans --------------------------------------------------------------------


def test_an_orphan_backend_is_ended_and_said(resource: Resource) -> None:
    pid = online(resource)
    with SpinningBackend(resource.server) as backend:
        kill(pid)
        wait_until(lambda: gone(pid), "the postmaster is gone")
        os.kill(backend, signal.SIGCONT)
        os.kill(backend, signal.SIGSTOP)
        result = resource.online()

        assert result.returncode == 0, result.stderr
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


@pytest.mark.alone
@pytest.mark.one_postgres
def test_a_start_that_never_ends_says_what_it_waits_for_and_leaves_nothing(
    make_resource: MakeResource, server: Server
) -> None:
    _hang_in_recovery(server)
    resource = make_resource(server, online_timeout=20)
    began = time.monotonic()
    result = resource.online()

    assert time.monotonic() - began < 20  # RMS would kill it then
    assert result.returncode == 1
    assert "is not up within its online-timeout of 20 s" in result.stderr
    assert "still starting after 10 s" in result.stderr
    assert "sleep 600" in result.stderr
    nothing_is_left(resource)


def test_a_start_that_never_ends_names_the_managers_limit_where_that_is_smaller(
    make_resource: MakeResource, server: Server
) -> None:
    _hang_in_recovery(server)
    resource = make_resource(server, online_timeout=60)

    result = ocf(resource, "start", OCF_RESKEY_CRM_meta_timeout="12000")

    assert result.returncode == 1
    limit = "the 12 s that the cluster manager allows"
    assert f"is not up within {limit}" in result.stderr


@pytest.mark.alone
@pytest.mark.one_postgres
def test_what_a_killed_start_leaves_behind_is_ended_before_rms_would_end_us(
    make_resource: MakeResource, server: Server
) -> None:
    """Whoever is left may write why; there has to be time to end who does not."""
    _hang_in_recovery(server)
    resource = make_resource(server, online_timeout=10)
    began = time.monotonic()
    running = resource.start("pgx_online", resource.name)
    wait_until(lambda: resource.server.status_line() == "starting", "it starts")
    pid = resource.server.pid()
    assert pid is not None
    time.sleep(max(0.0, began + 4.5 - time.monotonic()))
    kill(pid)
    output = running.communicate(timeout=60)[1]

    assert time.monotonic() - began < 10
    assert running.returncode == 1
    assert "could not finish in time" not in output
    nothing_is_left(resource)


@pytest.mark.one_postgres
def test_an_offline_ends_a_start_and_what_it_began(
    make_resource: MakeResource, server: Server
) -> None:
    _hang_in_recovery(server)
    resource = make_resource(server)
    running = resource.start("pgx_online", resource.name)
    wait_until(lambda: resource.server.status_line() == "starting", "it starts")
    assert resource.offline().returncode == 0
    output = running.communicate(timeout=60)[1]

    assert running.returncode == 1
    assert "was ended by signal 15" in output
    nothing_is_left(resource)


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
    first.terminate()
    first.communicate(timeout=60)
    assert (first.returncode, resource.check()) == (1, OFFLINE)
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
    result = resource.online()

    assert result.returncode == 1
    assert "was started and does not answer" in result.stderr
    assert "pg_hba.conf" in result.stderr
    nothing_is_left(resource)
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


@pytest.mark.one_postgres
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


@pytest.mark.one_postgres
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


@pytest.mark.one_postgres
def test_a_garbled_record_is_written_anew(resource: Resource) -> None:
    (resource.work / "record").write_bytes(b"nonsense" * 64)

    online(resource)
