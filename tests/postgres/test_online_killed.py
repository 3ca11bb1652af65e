"""pgx_online killed at any instant: nothing runs unrecorded, and the next run does the work."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from fixtures.processes import children, gone, kill, wait_until
from pgx_base import proc
from pgx_pclrsc import record
from pgx_postgres.processes import postmasters
from tests.fix_resource import ONLINE, Resource

pytestmark = pytest.mark.one_postgres


def _servers(resource: Resource) -> list[tuple[int, int]]:
    data = resource.server.data.stat()
    key = (data.st_dev, data.st_ino)
    pids = postmasters.by_key(resource.server.user.uid, key)
    stats = {pid: proc.read_stat(pid) for pid in pids}
    return [(pid, stat[2]) for pid, stat in stats.items() if stat and not gone(pid)]


def _kill(running: subprocess.Popen[str], whom: str, number: int) -> None:
    workers = children(running.pid)
    if whom in ("script", "both"):
        kill(running.pid, number)
    if whom in ("worker", "both"):
        for worker in workers:
            kill(worker, number)


def _cut_off(resource: Resource, delay: float, whom: str, number: int) -> None:
    running = resource.start("pgx_online", resource.name)
    time.sleep(delay)
    _kill(running, whom, number)
    running.communicate(timeout=60)


def _unrecorded(resource: Resource) -> set[tuple[int, int]]:
    found = resource.record()
    known = {(found.postmaster, found.start)} if found else set()
    return set(_servers(resource)) - known


def _settled(resource: Resource) -> None:
    """See that nothing runs unrecorded, once a child that was not released has exited."""
    wait_until(lambda: not _unrecorded(resource), "nothing runs unrecorded")


# A start takes about 0.2 s; every part of it is hit by one of these.
DELAYS = [0.02 * step for step in range(1, 18)]


@pytest.mark.parametrize("whom", ["script", "worker", "both"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_at_any_instant_of_a_start(
    resource: Resource, whom: str, number: signal.Signals
) -> None:
    sparse = 5 if number == signal.SIGTERM else 2
    for delay in DELAYS[whom == "worker" :: sparse]:
        _cut_off(resource, delay, whom, number)
        _settled(resource)
        before = _servers(resource)
        result = resource.online()

        assert result.returncode == 0, result.stderr
        assert len(_servers(resource)) == 1
        assert not before or _servers(resource) == before
        assert resource.check() == ONLINE
        assert resource.offline().returncode == 0
        assert _servers(resource) == []


def test_at_any_instant_of_ending_a_faulted_one(resource: Resource) -> None:
    for delay in DELAYS[::4]:
        assert resource.online().returncode == 0
        pid = resource.known().postmaster
        os.kill(pid, signal.SIGSTOP)
        _mark_faulted(resource)
        _cut_off(resource, delay, "both", signal.SIGKILL)
        kill(pid, signal.SIGCONT)
        result = resource.online()

        assert result.returncode == 0, result.stderr
        assert len(_servers(resource)) == 1
        assert resource.offline().returncode == 0


def _mark_faulted(resource: Resource) -> None:
    """Let the record say Faulted, as the monitor would after its budget."""
    resource.kill_monitor()
    found = resource.known()
    found.state = record.FAULTED
    (resource.work / "record").write_bytes(record.encode(found))
