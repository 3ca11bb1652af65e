"""More clients than a server can take in: no fault while it takes in anybody.

Blocking clients keep the queue of the socket full, so that a try of ours gets EAGAIN.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.server import Server
from tests.fix_postgres import MakeServer
from tests.fix_resource import FAULTED, ONLINE, MakeResource
from tests.postgres.adopted import adopt, start, stays_online, stopped

# A hundred backends that are begun at once leave no processor to whoever runs beside them.
pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres, pytest.mark.alone]
ROOT = Path(__file__).resolve().parents[2]
CLIENTS = 400
FULL = "the queue of connections is full"


@contextmanager
def storm(
    server: Server, seconds: float, where: str = ""
) -> Iterator[subprocess.Popen[str]]:
    where = where or f"{server.sockets}/.s.PGSQL.{server.port}"
    words = [sys.executable, "-m", "fixtures.storm", where, str(seconds), str(CLIENTS)]
    with subprocess.Popen(words, cwd=ROOT, text=True, stdout=subprocess.PIPE) as herd:
        try:
            yield herd
        finally:
            herd.kill()


def made(make_server: MakeServer, **settings: object) -> Server:
    server = make_server()
    server.configure(max_connections=40, **settings)
    return server


@pytest.mark.parametrize("tcp", ["", "127.0.0.1"])
def test_a_storm_that_is_served_is_no_fault(
    make_resource: MakeResource, make_server: MakeServer, tcp: str
) -> None:
    """Seven refusals in a row were one: here with a shorter fuse than the default."""
    server = made(make_server, listen_addresses=tcp)
    server.start_plain()
    resource = adopt(
        make_resource,
        server,
        watch_interval=1,
        response_timeout=1,
        timeout_retry_count=1,
    )
    with storm(server, 6) as herd:
        end = time.monotonic() + 7
        while time.monotonic() < end:
            assert resource.check() == ONLINE, resource.trace()
            time.sleep(0.3)
        assert herd.stdout is not None
        assert int(herd.stdout.readline()) > 10
    assert "is faulted" not in resource.trace()


def test_a_storm_before_a_postmaster_that_is_stopped_is_a_fault_in_its_time(
    make_resource: MakeResource, make_server: MakeServer
) -> None:
    server = made(make_server, listen_addresses="")
    pid = server.start_plain()
    resource = adopt(
        make_resource,
        server,
        watch_interval=1,
        response_timeout=1,
        timeout_retry_count=2,
    )
    with storm(server, 60):
        stays_online(resource, 3)
        with stopped(pid):
            began = time.monotonic()
            found = resource.wait_for_record("faulted")
            assert time.monotonic() - began >= 2  # what was silent before counts too
            assert resource.check() == FAULTED
    assert f"{FULL} at" in found.reason
    assert "nobody was let in" in found.reason


def test_a_herd_that_waits_before_online_does_not_keep_it_from_being_online(
    make_resource: MakeResource, make_server: MakeServer
) -> None:
    server = made(make_server)
    resource = make_resource(server, watch_interval=1)
    with storm(server, 60):
        done = resource.online()

    assert done.returncode == 0, done.stderr
    assert resource.check() == ONLINE


def test_a_storm_on_tcp_is_none_until_nobody_is_let_in(
    make_resource: MakeResource, make_server: MakeServer
) -> None:
    """There the kernel drops what finds no room, and says nothing."""
    server = made(make_server, listen_addresses="127.0.0.1", unix_socket_directories="")
    pid = start(server)
    limits = {"response_timeout": 2, "timeout_retry_count": 2}
    resource = adopt(make_resource, server, watch_interval=1, **limits)
    with storm(server, 60, f"127.0.0.1:{server.port}"):
        stays_online(resource, 10)
        with stopped(pid):
            found = resource.wait_for_record("faulted")

    assert f"{FULL} at 127.0.0.1:{server.port}, and nobody was let in" in found.reason


def test_a_password_that_only_tcp_asks_for_is_not_missed_in_a_storm(
    make_resource: MakeResource, make_server: MakeServer
) -> None:
    """The monitor comes there for the full queue alone; its own way in needs none."""
    server = made(make_server, listen_addresses="127.0.0.1")
    rules = "local all all trust\nhost all all all scram-sha-256\n"
    (server.data / "pg_hba.conf").write_text(rules)
    server.start_plain()
    limits = {"response_timeout": 1, "timeout_retry_count": 1}
    resource = adopt(make_resource, server, watch_interval=1, **limits)
    with storm(server, 60):
        stays_online(resource, 6)

    assert "a password is asked for" not in resource.trace()
