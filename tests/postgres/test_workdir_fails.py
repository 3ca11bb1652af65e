"""The work directory's file system fails while the resource is Online."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.disk import Disk
from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_pclrsc import names, runentry
from tests.fix_disk import MakeDisk
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, OPTIONS, Resource

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]


@pytest.fixture
def work_disk(make_disk: MakeDisk) -> Disk:
    """The file system that the work directory lies on, and nothing else."""
    return make_disk("work")


@pytest.fixture
def resource(server: Server, work_disk: Disk, open_tmp: Path) -> Iterator[Resource]:
    """A resource whose instance is silent for 2 s before it is Faulted."""
    made = Resource("pgxtest", server, open_tmp / "registry", work_disk.point / "work")
    quick = {"response_timeout": 1, "timeout_retry_count": 1}
    where = {"bin_dir": server.binaries.directory}
    assert made.register(**OPTIONS | where | quick).returncode == 0
    yield made
    runentry.remove(str(made.registry), made.name)


FAILURES = {"read-only": Disk.turn_read_only, "EIO": Disk.fail}


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
