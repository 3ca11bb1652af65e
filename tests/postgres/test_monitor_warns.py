"""What is odd about a server, and no fault: it would follow the data to any node."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.processes import wait_until
from fixtures.server import Server
from tests.fix_postgres import MakeServer
from tests.fix_resource import ONLINE, MakeResource, Resource
from tests.postgres.adopted import adopt, monitor_of, probes, start, stays_online

pytestmark = pytest.mark.postgres

QUICK: dict[str, object] = {"response_timeout": 1, "timeout_retry_count": 1}


def warned(resource: Resource, text: str) -> None:
    wait_until(lambda: text in resource.trace(), f"a warning of {text}", 10, 0.05)


@contextmanager
def session(server: Server, *statements: str) -> Iterator[subprocess.Popen[str]]:
    """Have a psql hold a transaction open in database postgres."""
    psql = [str(server.binaries.path("psql")), "-XAtq", "-d", "postgres"]
    where = ["-h", str(server.sockets), "-p", str(server.port), "-U", server.user.name]
    process = subprocess.Popen(
        [*psql, *where], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(";\n".join([*statements, "select 'held'"]) + ";\n")
        process.stdin.flush()
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


LOCK = ("begin", "alter database template1 rename to other")


@pytest.mark.one_postgres
@pytest.mark.parametrize("retries", [0, 1, 2])
def test_a_locked_template1_is_no_fault(
    make_resource: MakeResource, server: Server, retries: int
) -> None:
    """For much longer than the budget, and never with more than three sessions waiting."""
    pid = server.start_plain()
    limits = {"response_timeout": 1, "timeout_retry_count": retries}
    resource = adopt(make_resource, server, **limits)
    most = 0
    with session(server, *LOCK):
        until = time.monotonic() + 3 * (1 + retries) + 2
        while time.monotonic() < until:
            most = max(most, probes(server, pid))
            assert resource.known().state == "online", resource.trace()
            time.sleep(0.05)

    assert 1 <= most <= 3
    assert resource.trace().count('database "template1" does not answer') >= 1
    stays_online(resource, 3)
    wait_until(lambda: probes(server, pid) == 0, "the questions have ended", 5)


@pytest.mark.one_postgres
def test_online_adopts_a_server_whose_template1_is_locked(
    make_resource: MakeResource, server: Server
) -> None:
    pid = server.start_plain()
    resource = make_resource(server, **QUICK)
    with session(server, *LOCK) as psql:
        online = resource.start("pgx_online", resource.name)
        time.sleep(4)
        psql.kill()
        assert online.wait(60) == 0
        for stream in (online.stdout, online.stderr):
            assert stream is not None
            stream.close()

    assert resource.known().postmaster == pid
    assert resource.check() == ONLINE


def test_too_many_connections(
    make_resource: MakeResource, make_server: MakeServer
) -> None:
    server = make_server(max_wal_senders=0, superuser_reserved_connections=0)
    server.configure(max_connections=2)
    server.start_plain()
    resource = adopt(make_resource, server, **QUICK)
    with session(server), session(server):
        warned(resource, "SQLSTATE 53300 (too many connections)")
        stays_online(resource, 2)

    assert resource.trace().count("SQLSTATE 53300") == 1


def test_a_missing_library(make_resource: MakeResource, server: Server) -> None:
    server.start_plain()
    resource = adopt(make_resource, server, **QUICK)

    server.ask("alter database template1 set session_preload_libraries = 'nosuch'")

    warned(resource, "SQLSTATE 58P01")
    stays_online(resource, 2)


def test_template1_closed_to_connections(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    server.ask("alter database template1 is_template false", "postgres")
    server.ask("alter database template1 allow_connections false", "postgres")

    resource = adopt(make_resource, server, **QUICK)

    warned(resource, "SQLSTATE 55000")
    stays_online(resource, 2)


def test_a_standby_that_cannot_be_asked(
    make_resource: MakeResource, make_server: MakeServer
) -> None:
    server = make_server(hot_standby="off", restore_command="false")
    (server.data / "standby.signal").touch()
    server.user.own(server.data / "standby.signal")
    start(server)

    resource = adopt(make_resource, server, **QUICK)

    warned(resource, "hot_standby off")
    stays_online(resource, 2)


def passwords(server: Server, stored: str) -> None:
    """Have the server ask a role `probe` for its password, and keep *stored* for it."""
    server.start_plain()
    server.ask("create role probe login password 'right'")
    (server.data / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    server.stop()
    start(server)
    home = Path(os.path.expanduser(f"~{server.user.name}"))
    passfile = home / ".pgpass"
    passfile.write_text(f"*:{server.port}:*:probe:{stored}\n")
    passfile.chmod(0o600)
    server.user.own(passfile)


@pytest.fixture
def passfile(server: Server) -> Iterator[None]:
    """Have the OS user's .pgpass for ourselves, and leave it as it was."""
    path = Path(os.path.expanduser(f"~{server.user.name}")) / ".pgpass"
    if not os.access(path.parent, os.W_OK):
        pytest.skip("the OS user's home cannot be written")
    with (Path(tempfile.gettempdir()) / "pgx-test-passfile.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = path.read_bytes() if path.exists() else None
        try:
            yield
        finally:
            if before is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(before)


@pytest.mark.one_postgres
@pytest.mark.usefixtures("passfile")
def test_the_right_password(make_resource: MakeResource, server: Server) -> None:
    passwords(server, "right")

    resource = adopt(make_resource, server, db_user="probe", **QUICK)

    stays_online(resource, 1)
    assert "answers, but" not in resource.trace()


@pytest.mark.one_postgres
@pytest.mark.usefixtures("passfile")
def test_a_wrong_password_is_a_fault(
    make_resource: MakeResource, server: Server
) -> None:
    passwords(server, "wrong")
    resource = make_resource(server, db_user="probe", **QUICK)

    resource.check()

    found = resource.wait_for_record("faulted")
    assert "28P01" in found.reason


@pytest.mark.one_postgres
@pytest.mark.usefixtures("passfile")
def test_a_wrong_password_is_a_warning_where_wished(
    make_resource: MakeResource, server: Server
) -> None:
    passwords(server, "wrong")

    resource = adopt(
        make_resource, server, db_user="probe", auth_failure="warn", **QUICK
    )

    warned(resource, "28P01")
    stays_online(resource, 2)
    assert "wrong" not in resource.trace().replace("wrong ownership", "")


HANGING_DNS = """
set -e
printf 'hosts: dns\\n' >$1/nsswitch.conf
printf 'nameserver 127.0.0.1\\noptions timeout:30 attempts:5\\n' >$1/resolv.conf
mount --bind $1/nsswitch.conf /etc/nsswitch.conf
mount --bind $1/resolv.conf /etc/resolv.conf
shift
exec "$@"
"""


@pytest.mark.root
@pytest.mark.one_postgres
def test_a_host_name_is_never_resolved(
    make_resource: MakeResource, make_server: MakeServer, tmp_path: Path
) -> None:
    server = make_server()
    server.configure(listen_addresses="localhost", unix_socket_directories="")
    start(server)
    resource = make_resource(server, **QUICK)
    check = [command("pgx_check"), resource.name]

    inside = subprocess.run(
        ["unshare", "-m", "sh", "-c", HANGING_DNS, "sh", str(tmp_path), *check],
        env=resource.environment(),
        capture_output=True,
        text=True,
    )
    if "mount" in inside.stderr:
        pytest.skip(f"no mount namespace: {inside.stderr}")

    resource.wait_for_record("online", 5)
    stays_online(resource, 2)


def test_a_pid_file_that_is_gone_is_told_at_once(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)

    (server.data / "postmaster.pid").unlink()

    warned(resource, "postmaster.pid is gone")
    assert resource.check() == ONLINE


@pytest.mark.one_postgres
def test_a_pid_file_that_names_another_is_told_at_once(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)

    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n")

    warned(resource, f"postmaster.pid names PID {os.getpid()}")
    assert monitor_of(resource)
    assert resource.check() == ONLINE
