"""A disk that hangs: the resource on it fails in time, and no other one notices."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.hung_disk import HungDisk
from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from tests.fix_postgres import MakeServer
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, MakeResource, Resource
from tests.look_alike import like_a_server
from tests.postgres.adopted import stays_online

# Alone: who cannot see his own data directory asks where other servers work.
pytestmark = [pytest.mark.root, pytest.mark.one_postgres, pytest.mark.alone]


@pytest.fixture
def hung_disk(open_tmp: Path) -> Iterator[HungDisk]:
    """A file system that hangs as soon as it is told to."""
    point = open_tmp / "hung"
    point.mkdir()
    disk = HungDisk(point)
    try:
        disk.mount()
    except OSError as ex:
        os.close(disk._fd)
        pytest.skip(f"no FUSE: {ex}")
    yield disk
    disk.remove()


def test_online_gives_its_verdict_in_time(
    make_resource: MakeResource, resource: Resource, hung_disk: HungDisk
) -> None:
    away = replace(resource.server, data=hung_disk.point)
    hanging = make_resource(away, "hanging", online_timeout=10)
    hung_disk.hang()
    began = time.monotonic()
    result = hanging.online()

    assert result.returncode == 1
    assert time.monotonic() - began < 10
    assert "could not finish in time: still checking data directory" in result.stderr
    assert "waits in the kernel at" in result.stderr


def test_a_server_of_the_same_user_on_a_disk_that_hangs_holds_nobody_up(
    resource: Resource, hung_disk: HungDisk
) -> None:
    """It looks like another instance's process, as far as can be told without asking."""
    with like_a_server(resource.server.user, hung_disk.point) as other:
        hung_disk.hang()
        assert resource.online().returncode == 0
        assert resource.check() == ONLINE
        assert resource.online().returncode == 0
        result = resource.offline()
        assert result.returncode == 0
        assert "took too long" not in result.stderr
        assert resource.check() == OFFLINE
        assert other.poll() is None


def test_a_server_on_a_disk_that_answers_with_errors_is_not_overlooked(
    resource: Resource,
    make_resource: MakeResource,
    hung_disk: HungDisk,
) -> None:
    """It is mounted still, so its name seems to lead there: no excuse for what runs on it."""
    away = replace(resource.server, data=hung_disk.point)
    other = make_resource(away, name="failing", watch_interval=1, offline_timeout=20)
    with like_a_server(away.user, hung_disk.point) as running:
        hung_disk.fail()
        result = other.offline()
        assert result.returncode == 1 or running.wait(60)  # a signal has ended it


@pytest.fixture
def on_disk(server_on_disk: Callable[..., Server]) -> Server:
    """A disk of its own: whoever looks at what others use there is not held up."""
    return server_on_disk()


@pytest.fixture
def over_data(on_disk: Server) -> Iterator[HungDisk]:
    """A file system to be mounted over the data directory: what looks there hangs."""
    disk = HungDisk(on_disk.data)
    yield disk
    disk.remove()


QUICK = {"response_timeout": 1, "timeout_retry_count": 1}


def test_silence_is_judged_while_the_disk_hangs(
    make_resource: MakeResource, on_disk: Server, over_data: HungDisk
) -> None:
    """No fault while the server answers; when it does not any more, Faulted in time."""
    quick = make_resource(on_disk, offline_timeout=600, **QUICK)
    assert quick.online().returncode == 0
    postmaster, monitor = quick.known().postmaster, quick.monitor()
    over_data.hang()
    over_data.mount()

    stays_online(quick, 4)
    wait_until(lambda: "its disk does not answer" in quick.trace(), "it is told")
    kill(postmaster, signal.SIGSTOP)
    assert "no answer within 1 s" in quick.wait_for_record("faulted").reason
    assert quick.check() == FAULTED
    assert quick.known().monitor == monitor
    _offline_says_where_it_hangs(quick)
    over_data.remove()
    assert quick.offline().returncode == 0
    assert gone(postmaster)


def _offline_says_where_it_hangs(resource: Resource) -> None:
    """Long before its time is over, which would be too long for this test."""
    result = resource.offline()

    assert result.returncode == 1
    assert "could not finish in time: still looking at what is known" in result.stderr
    assert "waits in the kernel at" in result.stderr


def _hang(disk: HungDisk) -> None:
    disk.hang()
    disk.mount()


def test_a_socket_directory_that_hangs_is_left_for_tcp(
    make_resource: MakeResource, make_server: MakeServer
) -> None:
    server = make_server("tcp", listen_addresses="127.0.0.1")
    quick = make_resource(server, "tcp", **QUICK)
    assert quick.online().returncode == 0
    disk = HungDisk(server.sockets)
    try:
        _hang(disk)
        before = quick.known().good_until
        stays_online(quick, 5)
        wait_until(lambda: quick.known().good_until > before + 3000, "the loop goes on")
    finally:
        disk.remove()
    assert quick.offline().returncode == 0


def test_a_socket_directory_that_hangs_is_silence(
    make_resource: MakeResource, make_server: MakeServer
) -> None:
    server = make_server("silent", listen_addresses="")
    quick = make_resource(server, "silent", **QUICK)
    assert quick.online().returncode == 0
    disk = HungDisk(server.sockets)
    try:
        _hang(disk)
        assert "no answer within 1 s" in quick.wait_for_record("faulted").reason
        assert quick.check() == FAULTED
    finally:
        disk.remove()
    assert quick.offline().returncode == 0


def test_a_socket_directory_that_hangs_is_waited_for_where_silence_may_last(
    make_resource: MakeResource, make_server: MakeServer
) -> None:
    server = make_server("patient", listen_addresses="", log_connections="on")
    patient = make_resource(server, "patient", response_timeout=0)
    assert patient.online().returncode == 0
    disk = HungDisk(server.sockets)
    try:
        _hang(disk)
        before = patient.known().good_until
        stays_online(patient, 5)
        wait_until(
            lambda: patient.known().good_until > before + 3000, "the loop goes on"
        )
    finally:
        disk.remove()
    pid, asked = patient.known().postmaster, _asked(patient)
    wait_until(lambda: _asked(patient) > asked, "it is asked again")
    kill(pid)
    patient.wait_for_record("faulted")
    assert patient.offline().returncode == 0


def _asked(resource: Resource) -> int:
    return resource.server_log().count("application_name=pgx_monitor")


def test_an_offline_that_is_blind_is_not_held_up_by_anothers_disk(
    make_resource: MakeResource, make_server: MakeServer, open_tmp: Path
) -> None:
    """Its own data directory is not mounted, so it asks where the user's servers work."""
    other = make_server("other")
    pid = other.start_plain()
    blind = make_resource(replace(other, data=open_tmp / "unmounted"), "blind")
    disk = HungDisk(other.data)
    try:
        _hang(disk)
        result = blind.offline()
        assert result.returncode == 0, result.stderr
        assert blind.check() == OFFLINE
        assert not gone(pid)
    finally:
        disk.remove()
