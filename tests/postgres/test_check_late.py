"""pgx_check beside a pgx_offline that has ended the server, and has not finished."""

from __future__ import annotations

from contextlib import AbstractContextManager
from subprocess import Popen

import pytest

from fixtures.disk import Disk
from fixtures.processes import gone, kill, wait_until
from pgx_base import locks
from pgx_pclrsc import registry
from pgx_pclrsc.core import names
from tests.at_call import go_on, standing
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, Resource
from tests.postgres.test_workdir_fails import FAILURES
from tests.postgres.test_workdir_fails import resource as resource
from tests.postgres.test_workdir_fails import work_disk as work_disk

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]


def offline_at_its_end(resource: Resource) -> AbstractContextManager[Popen[str]]:
    """Have an Offline stand still that has ended the server, and cleared nothing."""
    env = resource.environment()
    return standing("papers.forget", "pgx_offline", resource.name, env=env)


def late_check(resource: Resource) -> AbstractContextManager[Popen[str]]:
    """Have a Check stand still that has listened, and not looked at the server."""
    env = resource.environment()
    return standing("slow._alive", "pgx_check", resource.name, env=env)


def left_alone(resource: Resource, disk: Disk, how: str) -> int:
    """Bring it Online, have *disk* fail and the monitor end; return the postmaster."""
    assert resource.online().returncode == 0
    known = resource.known()
    FAILURES[how](disk)
    wait_until(lambda: is_said(resource, locks.ALONE), "the monitor has seen it")
    kill(known.monitor)
    wait_until(lambda: not is_said(resource, locks.ALONE), "nothing is said")
    return known.postmaster


def is_said(resource: Resource, place: int) -> bool:
    """Whether anybody says *place* by the resource's beacon."""
    fd = locks.open_beacon(registry.beacon_path(str(resource.registry), resource.name))
    with open(fd, "rb"):
        return locks.is_held(fd, place)


def goes_on(check: Popen[str]) -> int:
    """Return what a Check answers that stood still."""
    go_on(check)
    return check.wait(60)


def test_one_that_was_late_says_what_an_offline_has_found(
    resource: Resource, work_disk: Disk
) -> None:
    """It began before the Offline did, when nobody said anything."""
    postmaster = left_alone(resource, work_disk, "EIO")
    with late_check(resource) as check, offline_at_its_end(resource) as offline:
        assert gone(postmaster) and is_said(resource, locks.LEAVING)
        answers = goes_on(check), resource.check()

    assert offline.returncode == 0
    assert answers == (ONLINE, ONLINE)
    assert resource.check() == OFFLINE


@pytest.mark.parametrize(("how", "found"), [("read-only", FAULTED), ("EIO", OFFLINE)])
def test_a_server_that_was_gone_before_is_not_said_to_be_online(
    resource: Resource, work_disk: Disk, how: str, found: int
) -> None:
    """Whether it can be read that it was Online or not: Offline makes it no better."""
    kill(left_alone(resource, work_disk, how))
    resource.wait_for(found)
    with offline_at_its_end(resource) as offline:
        during = resource.check()

    assert offline.returncode == 0
    assert during == found
    assert resource.check() == OFFLINE


def test_one_that_was_late_says_nothing_of_a_server_that_was_gone_before(
    resource: Resource, work_disk: Disk
) -> None:
    kill(left_alone(resource, work_disk, "EIO"))
    resource.wait_for(OFFLINE)
    with late_check(resource) as check, offline_at_its_end(resource):
        assert goes_on(check) == OFFLINE


@pytest.mark.parametrize("how", FAILURES)
def test_a_disk_that_fails_while_an_offline_works_changes_nothing(
    resource: Resource, work_disk: Disk, how: str
) -> None:
    """It has its lock, which Check cannot look at any more."""
    assert resource.online().returncode == 0
    with offline_at_its_end(resource) as offline:
        before = resource.check()
        FAILURES[how](work_disk)
        during = resource.check()

    assert offline.returncode == 0
    assert (before, during) == (ONLINE, ONLINE)
    assert resource.check() == OFFLINE


@pytest.mark.parametrize("content", [None, b"x" * 512], ids=["lost", "garbled"])
def test_a_record_that_says_nothing_changes_nothing(
    resource: Resource, content: bytes | None
) -> None:
    assert resource.online().returncode == 0
    monitor, record = resource.known().monitor, resource.work / names.RECORD
    kill(monitor)
    wait_until(lambda: gone(monitor), "the monitor is gone")
    record.unlink() if content is None else record.write_bytes(content)
    with offline_at_its_end(resource):
        during = resource.check()

    assert during == ONLINE
    assert resource.check() == OFFLINE
