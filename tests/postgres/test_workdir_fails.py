"""The work directory's file system fails while the resource is Online."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.disk import Disk
from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_base import locks, proc
from pgx_pclrsc import registry, runentry
from pgx_pclrsc.core import names
from tests.fix_disk import MakeDisk
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, OPTIONS, Resource
from tests.postgres.test_check_live import Poller

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]


@pytest.fixture
def work_disk(make_disk: MakeDisk) -> Disk:
    """The file system that the work directory lies on, and nothing else."""
    return make_disk("work")


@pytest.fixture
def resource(server: Server, work_disk: Disk, open_tmp: Path) -> Iterator[Resource]:
    """A resource whose instance is silent for 10 s before it is Faulted."""
    made = Resource("pgxtest", server, open_tmp / "registry", work_disk.point / "work")
    quick = {"response_timeout": 5, "timeout_retry_count": 1}
    where = {"bin_dir": server.binaries.directory}
    assert made.register(**OPTIONS | where | quick).returncode == 0
    yield made
    runentry.remove(str(made.registry), made.name)


FAILURES = {"read-only": Disk.turn_read_only, "EIO": Disk.fail}
HANGS = FAILURES | {"frozen": Disk.freeze}


def _monitors(resource: Resource) -> set[int]:
    """Return the processes of the resource's monitors, of this registry's alone."""
    at = str(resource.registry)
    return {pid for pid in proc.pids() if _runs(pid, "pgx_monitor", at)}


def _runs(pid: int, program: str, registry_at: str) -> bool:
    try:
        environ = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    named = any(word.endswith(program) for word in proc.cmdline(pid))
    return named and registry_at.encode() in environ


@pytest.mark.parametrize("how", HANGS)
def test_a_server_that_is_silent_is_faulted(
    resource: Resource, work_disk: Disk, how: str
) -> None:
    """The verdict needs no disk; and until then no monitor is started beside the first."""
    assert resource.online().returncode == 0
    pid, monitor = resource.known().postmaster, resource.monitor()
    assert monitor is not None
    before = _monitors(resource)
    HANGS[how](work_disk)
    until = time.monotonic() + 12  # longer than a record is good
    while time.monotonic() < until:
        assert resource.check() == ONLINE
        time.sleep(0.1)
    assert monitor in _monitors(resource) <= before
    kill(pid, signal.SIGSTOP)

    resource.wait_for(FAULTED)
    done = resource.run("pgx_check", resource.name)
    assert done.returncode == FAULTED
    assert "its monitor says so, and cannot write why" in done.stderr
    kill(monitor)
    wait_until(lambda: gone(monitor), "the monitor is gone")
    assert resource.check() == FAULTED, "Faulted is final"
    work_disk.thaw()
    kill(pid, signal.SIGCONT)
    assert resource.offline().returncode == 0
    assert resource.check() == OFFLINE


@pytest.mark.parametrize("how", HANGS)
def test_a_server_that_dies_is_faulted(
    resource: Resource, work_disk: Disk, how: str
) -> None:
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    HANGS[how](work_disk)
    wait_until(lambda: resource.check() == ONLINE, "Online")
    kill(pid)

    wait_until(lambda: gone(pid), "the postmaster is gone")
    resource.wait_for(FAULTED)
    assert resource.check() == FAULTED


def test_the_record_is_kept_again_once_it_can_be(
    resource: Resource, work_disk: Disk
) -> None:
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    work_disk.freeze()
    kill(pid, signal.SIGSTOP)
    resource.wait_for(FAULTED)
    work_disk.thaw()

    assert "no answer" in resource.wait_for_record("faulted").reason


def test_no_more_than_one_start_hangs(resource: Resource, work_disk: Disk) -> None:
    """A monitor that ends while its work directory hangs is followed once it does not.

    Until then a starter waits there, with the lock by which it is the only one.
    """
    assert resource.online().returncode == 0
    monitor = resource.monitor()
    assert monitor is not None
    work_disk.freeze()
    wait_until(lambda: _is_alone(resource), "the monitor has seen it")
    kill(monitor)
    until = time.monotonic() + 12  # until after the record is stale, and the pause over
    while time.monotonic() < until:
        assert resource.check() == ONLINE
        time.sleep(0.1)
    wait_until(lambda: resource.check() == ONLINE and _started(resource), "one hangs")
    assert len(_started(resource)) == 1
    work_disk.thaw()

    wait_until(lambda: resource.monitor() not in (None, monitor), "a new one")
    assert resource.check() == ONLINE
    assert resource.offline().returncode == 0


def _started(resource: Resource) -> list[int]:
    """Return the children of Checks that wait in the kernel."""
    return [
        pid
        for pid in proc.pids()
        if (stat := proc.read_stat(pid)) is not None
        and stat[0] == "D"
        and _runs(pid, "pgx_check", str(resource.registry))
    ]


@pytest.mark.parametrize("how", FAILURES)
def test_a_running_offline_is_the_state_that_it_found(
    resource: Resource, work_disk: Disk, how: str
) -> None:
    """It has no transition lock by which Check could see it."""
    assert resource.online().returncode == 0
    FAILURES[how](work_disk)
    wait_until(lambda: _is_alone(resource), "the monitor has seen it")
    with Poller(resource) as asked:
        wait_until(lambda: asked.answers, "a Check has answered")
        assert resource.offline().returncode == 0

    told = list(zip(asked.answers, asked.output, strict=True))
    assert asked.changes() in ([ONLINE], [ONLINE, OFFLINE]), told
    assert resource.check() == OFFLINE


def _beacon(resource: Resource) -> str:
    return registry.beacon_path(str(resource.registry), resource.name)


def _is_alone(resource: Resource) -> bool:
    fd = locks.open_beacon(_beacon(resource))
    try:
        return locks.is_held(fd, locks.ALONE)
    finally:
        os.close(fd)


@pytest.mark.parametrize("how", FAILURES)
def test_a_finished_offline_counts(
    resource: Resource, work_disk: Disk, how: str
) -> None:
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    FAILURES[how](work_disk)
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert "could not write the record" in result.stderr
    assert "pgx_check goes by the entry under /run" in result.stderr
    assert gone(pid)
    assert resource.check() == OFFLINE
    assert resource.check() == OFFLINE


def test_a_finished_offline_counts_where_the_link_leads_elsewhere(
    resource: Resource, work_disk: Disk
) -> None:
    """The definition is then taken from the entry under /run, and Check reads another record."""
    assert resource.online().returncode == 0
    moved = work_disk.point / "moved"
    subprocess.run(["cp", "-a", resource.work, moved], check=True)
    link = resource.registry / resource.name / names.WORK_LINK
    link.unlink()
    link.symlink_to(moved)
    assert resource.check() == ONLINE
    assert resource.offline().returncode == 0

    assert resource.check() == OFFLINE


def test_a_server_started_by_hand_later_is_watched_all_the_same(
    resource: Resource, server: Server, work_disk: Disk
) -> None:
    """An Offline voids the records of before, not those that come after it."""
    assert resource.online().returncode == 0
    assert resource.offline().returncode == 0
    pid = server.start_plain()
    assert resource.check() == OFFLINE
    resource.wait_for(ONLINE)
    kill(pid)

    resource.wait_for(FAULTED)


def test_an_online_after_it_counts(resource: Resource) -> None:
    assert resource.online().returncode == 0
    assert resource.offline().returncode == 0
    assert runentry.stopped_at(str(resource.registry), resource.name) is not None
    assert resource.online().returncode == 0

    assert resource.check() == ONLINE
    assert runentry.stopped_at(str(resource.registry), resource.name) is None
    pid = resource.known().postmaster
    kill(pid)
    wait_until(lambda: gone(pid), "the postmaster is gone")
    resource.wait_for(FAULTED)
