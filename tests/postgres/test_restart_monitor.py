"""`pgx_pclrsc --restart-monitor`: another monitor, and no other state meanwhile."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from fixtures.processes import gone, start_time, wait_until
from pgx_base import locks
from pgx_base.version import VERSION
from tests.fix_resource import ONLINE, Resource, Result
from tests.older.installation import Older
from tests.postgres.test_status import status

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]


def _restart(resource: Resource) -> Result:
    return resource.run("pgx_pclrsc", "--restart-monitor", "-c", resource.name)


def _another_watches(resource: Resource, than: int) -> bool:
    assert resource.check() == ONLINE
    return resource.monitor() not in (None, than)


def test_check_starts_another_and_says_online_all_the_while(resource: Resource) -> None:
    assert resource.online().returncode == 0
    wait_until(lambda: resource.monitor() is not None, "a monitor keeps the record")
    before = resource.monitor()
    assert before is not None

    done = _restart(resource)

    assert (done.returncode, done.stderr) == (0, "")
    assert f"(PID {before}) ended; the next pgx_check starts another" in done.stdout
    assert gone(before)
    wait_until(lambda: _another_watches(resource, before), "another monitor watches")
    assert resource.known().state == "online"


def test_one_of_an_older_version_is_named_and_replaced(older: Older) -> None:
    pid = older.online()
    resource = older.resource
    (note,) = status(resource)["notes"]
    assert "of an older version" in note and "--restart-monitor" in note

    assert _restart(resource).returncode == 0
    wait_until(lambda: _another_watches(resource, pid), "another monitor watches")

    older.has_ended()
    wait_until(
        lambda: status(resource)["monitor_version"] == VERSION, "it is of this version"
    )
    assert status(resource)["notes"] == []


def test_where_none_runs_there_is_nothing_to_do(resource: Resource) -> None:
    done = _restart(resource)

    assert done.returncode == 0
    assert done.stdout == f'resource "{resource.name}" has no monitor on this node\n'


def test_it_keeps_out_of_a_transition(resource: Resource) -> None:
    assert resource.online().returncode == 0
    before = resource.monitor()
    with (resource.work / "transition.lock").open("r+b") as lock:
        assert locks.take(lock.fileno(), locks.EXCLUSIVE)
        done = _restart(resource)

    assert done.returncode == 1
    assert "a transition of resource" in done.stderr
    assert resource.monitor() == before


@pytest.fixture
def victim(resource: Resource) -> Iterator[subprocess.Popen[bytes]]:
    """A process of root's that has the monitor's lock file open, as a backup might."""
    assert resource.online().returncode == 0
    with (resource.work / "monitor.lock").open("rb") as lock:
        process = subprocess.Popen(["sleep", "600"], stdin=lock)
    yield process
    process.kill()
    process.wait()


def test_root_kills_nobody_that_the_os_user_has_put_into_the_record(
    resource: Resource, victim: subprocess.Popen[bytes]
) -> None:
    """The OS user writes the record, and root's process has the file open that tells."""
    real = resource.stop_monitor()  # it does not write the record again
    found = resource.known()
    found.monitor, found.monitor_start = victim.pid, start_time(victim.pid)
    resource.write_record(found)

    done = _restart(resource)

    assert victim.poll() is None
    assert str(victim.pid) not in done.stdout
    assert gone(real), "the one that holds the lock is ended"


def test_something_in_the_place_of_a_lock_file_holds_nobody_up(
    resource: Resource,
) -> None:
    (resource.work / "monitor.lock").unlink()
    os.mkfifo(resource.work / "monitor.lock")

    done = _restart(resource)

    assert done.returncode == 1
    assert "could not end the monitor" in done.stderr
