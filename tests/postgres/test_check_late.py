"""pgx_check beside a pgx_offline that has ended the server, and has not finished."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from subprocess import Popen

import pytest

from fixtures.disk import Disk
from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_base import locks, proc
from pgx_pclrsc import record as records
from pgx_pclrsc import registry, runentry
from pgx_pclrsc.core import names
from tests.at_call import go_on, standing
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, OPTIONS, Resource
from tests.postgres.adopted import no_monitor
from tests.postgres.test_workdir_fails import FAILURES
from tests.postgres.test_workdir_fails import work_disk as work_disk

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]


@pytest.fixture
def resource(server: Server, work_disk: Disk, open_tmp: Path) -> Iterator[Resource]:
    """A resource whose instance may be silent for ever, on a work directory's own disk."""
    made = Resource("pgxtest", server, open_tmp / "registry", work_disk.point / "work")
    where = {"bin_dir": server.binaries.directory}
    assert made.register(**OPTIONS | where).returncode == 0
    yield made
    runentry.remove(str(made.registry), made.name)


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
    record = resource.work / names.RECORD
    resource.kill_monitor()
    record.unlink() if content is None else record.write_bytes(content)
    with offline_at_its_end(resource):
        during = resource.check()

    assert during == ONLINE
    assert resource.check() == OFFLINE


@pytest.mark.parametrize(
    ("lives", "recorded", "found"),
    [(True, True, ONLINE), (False, True, FAULTED), (False, False, OFFLINE)],
)
def test_the_worker_that_follows_one_that_hangs_says_what_was_found(
    resource: Resource, work_disk: Disk, lives: bool, recorded: bool, found: int
) -> None:
    """The first one hangs in its first line of the trace, and has ended nothing."""
    assert resource.online().returncode == 0
    postmaster = resource.known().postmaster
    if not lives:
        resource.kill_monitor()
        kill(postmaster)
        wait_until(lambda: gone(postmaster), "it is gone")
    if not recorded:
        (resource.work / names.RECORD).unlink()
    work_disk.freeze()
    with offline_at_its_end(resource) as offline:
        during = resource.check()
    after = resource.check()
    work_disk.thaw()

    assert offline.returncode == 0
    assert (during, after) == (found, OFFLINE)


@pytest.fixture
def void(resource: Resource, work_disk: Disk) -> Resource:
    """A resource whose record says Online still: an Offline could not clear it."""
    assert resource.online().returncode == 0
    work_disk.freeze()
    assert resource.offline().returncode == 0
    work_disk.thaw()
    found = resource.known()
    wait_until(lambda: not works_still(resource), "the one that hung has ended")
    wait_until(lambda: proc.read_stat(found.postmaster) is None, "the server is reaped")
    assert found.state == records.ONLINE
    return resource


def works_still(resource: Resource) -> bool:
    """Whether an Offline has the transition lock."""
    with (resource.work / names.TRANSITION_LOCK).open("rb") as file:
        return locks.is_held(file.fileno(), locks.OFFLINE)


def test_a_record_that_could_not_be_cleared_is_no_fault_of_the_next_server(
    void: Resource,
) -> None:
    """That one was started by hand, and is stopped by an Offline."""
    void.server.start_plain()
    with no_monitor(void):
        void.wait_for(OFFLINE)
        beacon = registry.beacon_path(str(void.registry), void.name)
        wait_until(lambda: Path(beacon).exists(), "what starts a monitor has made it")
        with offline_at_its_end(void) as offline:
            during = void.check()

    assert offline.returncode == 0
    assert (during, void.check()) == (OFFLINE, OFFLINE)


def test_a_record_that_could_not_be_cleared_keeps_no_server_unwatched(
    void: Resource,
) -> None:
    server = void.server.start_plain()
    void.wait_for(ONLINE)

    assert void.known().postmaster == server
    assert void.offline().returncode == 0
    assert void.check() == OFFLINE


def test_a_new_monitor_that_has_not_heard_the_server_is_no_other_state(
    resource: Resource, work_disk: Disk
) -> None:
    """It says `starting` of the very server that was Online."""
    assert resource.online().returncode == 0
    resource.kill_monitor()
    known = resource.known()
    known.state = records.STARTING
    resource.write_record(known)
    before = resource.check()
    with offline_at_its_end(resource):
        during = resource.check()

    assert (before, during) == (ONLINE, ONLINE)
    assert resource.check() == OFFLINE


def test_nothing_is_said_any_more_once_an_offline_of_the_os_user_is_done(
    resource: Resource,
) -> None:
    """What it does then may hang, and the beacon is not its own to remove."""
    assert resource.online().returncode == 0
    user = resource.server.user
    through = [
        "setpriv",
        f"--reuid={user.uid}",
        f"--regid={user.gid}",
        "--clear-groups",
    ]
    env = resource.environment()
    with standing(
        "lock.release", "pgx_offline", resource.name, env=env, through=through
    ) as offline:
        assert not is_said(resource, locks.WORKING)
        assert resource.check() == OFFLINE

    assert offline.returncode == 0
