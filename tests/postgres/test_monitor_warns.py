"""What is odd about a server, and no fault: it would follow the data to any node."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from fixtures.commands import command
from fixtures.processes import wait_until
from fixtures.server import Server
from tests.fix_postgres import MakeServer
from tests.fix_resource import ONLINE, MakeResource
from tests.fix_sessions import Connect
from tests.postgres.adopted import (
    adopt,
    monitor_of,
    probes,
    start,
    stays_online,
    warned,
)

pytestmark = pytest.mark.postgres

# A reply that counts does so at once; silence of a busy machine does not.
QUICK: dict[str, object] = {"response_timeout": 30, "timeout_retry_count": 1}


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
@pytest.mark.parametrize(("retries", "seconds"), [(0, 20), (1, 30), (2, 36)])
def test_a_locked_template1_is_no_fault(
    make_resource: MakeResource, server: Server, retries: int, seconds: int
) -> None:
    """For much longer than the budget, and never with more than three sessions waiting.

    An Online meanwhile leaves the server alone.
    """
    pid = server.start_plain()
    # A busy machine may need some of the time that database postgres has for its reply.
    limits = {"response_timeout": 8, "timeout_retry_count": retries}
    resource = adopt(make_resource, server, **limits)
    most = 0
    with session(server, *LOCK):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            most = max(most, probes(server, pid))
            assert resource.known().state == "online", resource.trace()
            time.sleep(0.2)  # a session waits a second and longer
        warned(resource, 'database "template1" does not answer')
        assert resource.online().returncode == 0

    assert resource.known().postmaster == pid
    assert 1 <= most <= 3
    stays_online(resource, 3)
    wait_until(lambda: probes(server, pid) == 0, "the questions have ended")


@pytest.mark.one_postgres
def test_online_adopts_a_server_whose_template1_is_locked(
    make_resource: MakeResource, server: Server
) -> None:
    pid = server.start_plain()
    resource = make_resource(server, response_timeout=5, timeout_retry_count=1)
    with session(server, *LOCK):
        assert resource.online().returncode == 0

    assert resource.known().postmaster == pid
    assert resource.check() == ONLINE


def test_too_many_connections(
    make_resource: MakeResource, make_server: MakeServer, connect: Connect
) -> None:
    """They are there before the monitor: its question would have the place of one."""
    server = make_server(max_wal_senders=0, superuser_reserved_connections=0)
    server.configure(max_connections=2)
    server.start_plain()
    for _ in range(2):
        wait_until(lambda: has_entered(connect, server), "who was there has left")
    resource = adopt(make_resource, server, **QUICK)
    warned(resource, "SQLSTATE 53300 (too many connections)")
    stays_online(resource, 2)

    assert resource.trace().count("SQLSTATE 53300") == 1


def has_entered(connect: Connect, server: Server) -> bool:
    try:
        connect(server)
    except psycopg.OperationalError:
        return False
    return True


def test_a_missing_library(make_resource: MakeResource, server: Server) -> None:
    server.start_plain()
    resource = adopt(make_resource, server, **QUICK)

    server.ask("alter database template1 set session_preload_libraries = 'nosuch'")

    warned(resource, "SQLSTATE 58P01")
    stays_online(resource, 2)


@pytest.mark.one_postgres
def test_what_a_login_warns_of_is_said_once(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    if server.ask("show server_version_num") < "150000":
        pytest.skip("it has no collation versions of databases")
    server.ask("update pg_database set datcollversion = '0.1'")
    resource = adopt(make_resource, server, **QUICK)

    warned(resource, 'warns at each login to "template1": database "template1" has')
    logins = server.log().count('"template1" has')
    wait_until(lambda: server.log().count('"template1" has') > logins + 2, "three more")

    assert resource.trace().count("warns at each login") == 1
    stays_online(resource, 1)


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

    resource.wait_for_record("online")
    stays_online(resource, 2)


@pytest.mark.one_postgres
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
