"""The beacon: who can speak by it, and whom Check hears."""

from __future__ import annotations

import fcntl
import grp
import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fixtures.processes import gone, kill, wait_until
from pgx_base import locks
from pgx_pclrsc import beacon, registry
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, Resource

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]

# What a process that can open the file can do: hold a read lock at any place.
_FORGER = """
import fcntl, os, struct, sys
path, uid, gid, *places = sys.argv[1:]
os.setgroups([]); os.setgid(int(gid)); os.setuid(int(uid))
try:
    fd = os.open(path, os.O_RDONLY)
except PermissionError:
    print("refused", flush=True)
    sys.exit()
for place in places:
    fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, int(place), 1, 0))
print("held", flush=True)
sys.stdin.read()
"""


def _path(resource: Resource) -> str:
    return registry.beacon_path(str(resource.registry), resource.name)


@contextmanager
def forged(resource: Resource, uid: int, gid: int, *places: int) -> Iterator[str]:
    """Have a user hold *places* of the beacon; yield what became of it."""
    words = [_path(resource), str(uid), str(gid), *map(str, places)]
    name = "pgx_forger"  # whatever it calls itself
    with subprocess.Popen(
        [name, "-c", _FORGER, *words],
        executable=sys.executable,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        yield child.stdout.readline().strip()
        child.kill()


def _everything(resource: Resource) -> list[int]:
    found = resource.known()
    postmaster = found.postmaster, found.start
    later = beacon.fresh(found.good_until + 1_000_000)
    return [locks.ALONE, locks.LEAVING, later, beacon.faulted(postmaster)]


@contextmanager
def faulted_by_the_os_user(resource: Resource) -> Iterator[None]:
    """Have the OS user say Faulted of the server that runs."""
    uid, gid = resource.work.stat().st_uid, os.stat(_path(resource)).st_gid
    with forged(resource, uid, gid, _everything(resource)[-1]) as said:
        assert said == "held"
        yield


def test_it_is_roots_and_the_os_users_group_reads_it(resource: Resource) -> None:
    assert resource.online().returncode == 0
    found = os.stat(_path(resource))
    uid = resource.work.stat().st_uid

    assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (0, 0o640)
    assert found.st_gid == pwd.getpwuid(uid).pw_gid
    with forged(resource, uid, found.st_gid) as said:
        assert said == "held", "the OS user can open it"


def test_another_user_can_forge_no_fault(resource: Resource) -> None:
    assert resource.online().returncode == 0
    ours = resource.server.user.name  # nobody, where there is no user postgres
    other = pwd.getpwnam("daemon" if ours == "nobody" else "nobody")
    with forged(resource, other.pw_uid, other.pw_gid, *_everything(resource)) as said:
        assert said == "refused"
        assert resource.check() == ONLINE


def test_one_of_the_os_users_group_is_not_heard(resource: Resource) -> None:
    """It can open the file; whose lock it is is asked of /proc."""
    assert resource.online().returncode == 0
    other, gid = pwd.getpwnam("daemon").pw_uid, os.stat(_path(resource)).st_gid
    with forged(resource, other, gid, *_everything(resource)) as said:
        assert said == "held", grp.getgrgid(gid)
        assert resource.check() == ONLINE
        pid = resource.known().postmaster
        kill(pid)
        resource.wait_for(FAULTED)
        assert resource.offline().returncode == 0
        assert resource.check() == OFFLINE


def test_the_os_user_itself_can(resource: Resource) -> None:
    """As it can write the record, or end the server: it is trusted with its own instance."""
    assert resource.online().returncode == 0
    with faulted_by_the_os_user(resource):
        assert resource.check() == FAULTED


def test_a_fault_that_was_said_of_another_server_says_nothing(
    resource: Resource,
) -> None:
    """As by a monitor of before that is stopped, and whose work directory was emptied."""
    assert resource.online().returncode == 0
    with faulted_by_the_os_user(resource):
        assert resource.check() == FAULTED
        assert resource.offline().returncode == 0
        assert resource.check() == OFFLINE
        assert resource.online().returncode == 0
        assert resource.check() == ONLINE


def test_online_starts_anew_what_was_faulted_on_the_beacon_alone(
    resource: Resource,
) -> None:
    """Root has kept what the monitor said, though it has ended."""
    assert resource.online().returncode == 0
    before = resource.known().postmaster
    with faulted_by_the_os_user(resource):
        assert resource.check() == FAULTED
    assert resource.check() == FAULTED
    assert resource.online().returncode == 0

    assert gone(before)
    assert resource.known().postmaster != before
    assert resource.check() == ONLINE


def test_offline_stops_at_once_what_was_faulted_on_the_beacon_alone(
    resource: Resource,
) -> None:
    assert resource.online().returncode == 0
    with faulted_by_the_os_user(resource):
        assert resource.check() == FAULTED
    assert resource.offline().returncode == 0

    assert "immediate stop" in resource.trace()


def test_a_monitor_ends_with_what_it_says(resource: Resource) -> None:
    """Nothing is left of it on the beacon, though its child may still be writing."""
    assert resource.online().returncode == 0
    fd = locks.open_beacon(_path(resource))
    assert locks.is_held(fd, locks.FRESH, locks.ONLINE_IS)
    monitor = resource.signal_monitor()
    wait_until(lambda: gone(monitor), "it is gone")

    assert not locks.is_held(fd, 0, locks.LAST)
    os.close(fd)


def test_looking_takes_nothing(resource: Resource) -> None:
    assert resource.online().returncode == 0
    fd = locks.open_beacon(_path(resource))
    for _ in range(2):
        assert locks.is_held(fd, locks.FRESH, locks.ONLINE_IS)
    with pytest.raises(OSError, match="Bad file descriptor"):
        fcntl.fcntl(fd, 37, locks._flock(fcntl.F_WRLCK, 5))
    os.close(fd)
