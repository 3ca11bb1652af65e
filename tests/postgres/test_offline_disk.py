"""pgx_offline on a file system that hangs, fails, or is to be unmounted afterwards."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from fixtures.disk import Disk
from fixtures.processes import gone, wait_until
from fixtures.server import Server
from pgx_base import proc
from tests.fix_resource import FAULTED, OFFLINE, MakeResource
from tests.postgres.test_offline_stuck import AT_ONCE

pytestmark = pytest.mark.root


def _state(pid: int) -> str:
    stat = proc.read_stat(pid)
    return stat[0] if stat else ""


@pytest.mark.one_postgres
def test_a_commit_on_a_frozen_file_system(
    server_on_disk: Callable[..., Server],
    disk: Disk,
    make_resource: MakeResource,
) -> None:
    """State D: nothing can end it, so Offline fails long before its time and says why."""
    server = server_on_disk(fsync="on")
    resource = make_resource(server, offline_timeout=300)
    assert resource.online().returncode == 0
    session = psycopg.connect(
        host=str(server.sockets),
        port=server.port,
        dbname="postgres",
        user=server.user.name,
        autocommit=True,
    )
    session.execute("create table t (i integer)")
    backend = session.info.backend_pid
    disk.freeze()
    threading.Thread(target=_commit, args=(session,), daemon=True).start()
    wait_until(lambda: _state(backend) == "D", "the commit hangs")
    began = time.monotonic()
    result = resource.offline(limit=200)
    took = time.monotonic() - began
    left, check = _state(backend), resource.check()
    disk.thaw()

    assert result.returncode == 1
    assert took < AT_ONCE, result.stderr
    assert (left, check) == ("D", FAULTED)
    assert re.search(
        rf"process {backend} \(.*\) in state D, waiting in the kernel at \w+",
        result.stderr,
    )
    wait_until(lambda: gone(backend), "its SIGKILL arrives")
    session.close()
    assert resource.offline().returncode == 0
    disk.unmount()


def _commit(session: psycopg.Connection) -> None:
    try:
        session.execute("insert into t select generate_series(1, 1000)")
    except psycopg.Error:
        pass


def test_a_file_system_that_has_failed(
    server_on_disk: Callable[..., Server], disk: Disk, make_resource: MakeResource
) -> None:
    server = server_on_disk(fsync="on")
    resource = make_resource(server)
    assert resource.online().returncode == 0
    postmaster = resource.known().postmaster
    disk.fail()
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert gone(postmaster)
    disk.unmount()
    assert resource.check() == OFFLINE


@pytest.mark.one_postgres
def test_the_disk_can_be_unmounted_afterwards(
    server_on_disk: Callable[..., Server], disk: Disk, make_resource: MakeResource
) -> None:
    resource = make_resource(server_on_disk())
    for _ in range(3):
        assert resource.online().returncode == 0
        assert resource.offline().returncode == 0
        disk.unmount()
        disk.mount()


@pytest.mark.one_postgres
def test_the_mount_point_is_empty_on_the_standby(
    server_on_disk: Callable[..., Server], disk: Disk, make_resource: MakeResource
) -> None:
    resource = make_resource(server_on_disk())
    disk.unmount()

    assert resource.offline().returncode == 0
    assert resource.check() == OFFLINE
