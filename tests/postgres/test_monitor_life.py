"""The monitor's own life: killed, stopped, hung, superseded."""

from __future__ import annotations

import os
import signal
import time

import pytest

from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_base import proc
from pgx_pclrsc import record as records
from pgx_pclrsc.core import names
from tests.fix_resource import ONLINE, MakeResource, Resource
from tests.postgres.adopted import adopt, monitor_of, stays_online, stopped

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]


def new_monitor(resource: Resource, before: int) -> int:
    """Return the PID of another monitor than *before*, which Check has started."""

    def there() -> bool:
        assert resource.check() == ONLINE
        return resource.monitor() not in (None, before)

    wait_until(there, "a new monitor", 60, 0.2)
    return monitor_of(resource)


def forget_the_pause(resource: Resource) -> None:
    """Let Check start a monitor at once: it does so once in 10 s."""
    os.pwrite(lock(resource), names.blank(names.LOCK_SIZE), 0)


def lock(resource: Resource) -> int:
    return os.open(resource.work / names.MONITOR_LOCK, os.O_RDWR | os.O_CLOEXEC)


def test_a_killed_monitor_is_replaced(
    make_resource: MakeResource, server: Server
) -> None:
    pid = server.start_plain()
    resource = adopt(make_resource, server)
    before = resource.known()
    kill(before.monitor)
    wait_until(lambda: gone(before.monitor), "it is gone")
    forget_the_pause(resource)

    new_monitor(resource, before.monitor)

    assert resource.known().generation == before.generation
    assert resource.known().postmaster == pid
    kill(pid)
    resource.wait_for_record("faulted")


def test_a_stopped_monitor_faults_nobody(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server, response_timeout=8, timeout_retry_count=0)
    monitor = monitor_of(resource)
    with stopped(monitor):
        time.sleep(10)

    stays_online(resource, 3)
    assert monitor_of(resource) == monitor
    assert "failed" not in resource.trace()


def test_a_monitor_that_hangs_is_replaced(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)
    monitor = monitor_of(resource)
    os.kill(monitor, signal.SIGSTOP)

    new_monitor(resource, monitor)

    wait_until(lambda: gone(monitor), "the hung one was ended")


def test_sigterm_ends_it_and_leaves_the_record(
    make_resource: MakeResource, server: Server
) -> None:
    """Between two questions that are an hour apart."""
    server.start_plain()
    resource = adopt(make_resource, server, watch_interval=3600)
    before = resource.known()

    kill(before.monitor, signal.SIGTERM)

    wait_until(lambda: gone(before.monitor), "it has ended")
    assert resource.known().state == "online"
    assert resource.known().generation == before.generation


@pytest.mark.parametrize("how", ["unlinked", "replaced"])
def test_it_ends_when_its_lock_file_is_lost(
    make_resource: MakeResource, server: Server, how: str
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)
    monitor = monitor_of(resource)
    path = resource.work / names.MONITOR_LOCK
    path.unlink()
    if how == "replaced":
        path.write_text("")
        server.user.own(path)

    wait_until(lambda: gone(monitor), "it has ended")

    assert new_monitor(resource, monitor) != monitor


def test_it_ends_when_the_record_is_anothers(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)
    monitor = monitor_of(resource)
    fresh = records.Record(records.new_generation(), proc.boot_id())

    def has_ended() -> bool:
        """Write it again where the monitor has looked just before, and writes just after."""
        if not gone(monitor) and resource.record() != fresh:
            resource.write_record(fresh)
        return gone(monitor)

    wait_until(has_ended, "it has ended")

    assert resource.known().generation == fresh.generation
    assert resource.known().state == "none"
