"""How a server ended is told in the record's reason, in whatever language it logs."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from fixtures.processes import kill, wait_until
from fixtures.server import Server
from pgx_base import proc
from tests.fix_postgres import MakeServer
from tests.fix_resource import FAULTED, MakeResource, Resource
from tests.postgres.adopted import adopt, monitor_of, stopped

pytestmark = pytest.mark.postgres


def noted(resource: Resource) -> Resource:
    """Return *resource* once its monitor has noted where the server's files stand."""
    monitor = monitor_of(resource)
    where = Path(f"/proc/{monitor}/fd")
    wait_until(
        lambda: holds(where) and sleeps(monitor), "the monitor holds the PID file"
    )
    return resource


def sleeps(pid: int) -> bool:
    """Whether every thread of *pid* does: the one that notes is done with it."""
    stats = [proc.read_stat(int(tid)) for tid in os.listdir(f"/proc/{pid}/task")]
    return all(stat is not None and stat[0] == "S" for stat in stats)


def holds(where: Path) -> bool:
    try:
        links = [os.readlink(fd) for fd in where.iterdir()]
    except FileNotFoundError:
        return False  # one was closed meanwhile
    return any(link.endswith("/postmaster.pid") for link in links)


def reason(resource: Resource, *words: str) -> str:
    """Return the record's reason once it is Faulted and has *words*."""
    resource.wait_for_record("faulted")
    wait_until(
        lambda: all(word in resource.known().reason for word in words),
        f"the reason has {words}",
    )
    assert resource.check() == FAULTED
    return resource.known().reason


@pytest.mark.parametrize(
    ("number", "mode"),
    [
        (signal.SIGINT, "fast"),
        (signal.SIGTERM, "fast"),  # a smart one that no client holds up
        (signal.SIGQUIT, "immediate"),
    ],
)
def test_a_stop_by_hand_is_named(
    make_resource: MakeResource,
    make_server: MakeServer,
    number: signal.Signals,
    mode: str,
) -> None:
    server = make_server()
    pid = server.start_plain()
    resource = noted(adopt(make_resource, server, watch_interval=60))

    kill(pid, number)

    got = reason(resource, "not by pgx_offline")
    assert got == f"the server was shut down ({mode}), not by pgx_offline"
    wait_until(lambda: got in resource.trace(), "it is said")


@pytest.mark.one_postgres
def test_a_killed_server_was_not_shut_down(
    make_resource: MakeResource, server: Server
) -> None:
    pid = server.start_plain()
    resource = noted(adopt(make_resource, server, watch_interval=60))

    kill(pid)

    assert reason(resource) == f"postmaster {pid} has ended"


def logged(resource: Resource) -> str:
    """Return what the server has logged, to our file or by its collector."""
    files = (resource.server.data / "log").glob("*.log")
    return resource.server_log() + "".join(path.read_text() for path in files)


@pytest.mark.one_postgres
@pytest.mark.parametrize("collector", ["off", "on"])
def test_a_panic_is_quoted(
    make_resource: MakeResource, make_server: MakeServer, collector: str
) -> None:
    """A segment that cannot be made, as on a full disk."""
    server = make_server()
    server.configure(logging_collector=collector, restart_after_crash="off")
    resource = make_resource(server, watch_interval=60)
    assert resource.online().returncode == 0
    monitor = monitor_of(noted(resource))
    wal = server.data / "pg_wal"
    wal.chmod(0o500)
    try:
        # The collector of a busy machine may write later than the monitor waits for.
        with stopped(monitor):
            for _ in range(10):
                server.ask("create table if not exists x (y int)", fails="")
                server.ask("insert into x values (1); select pg_switch_wal()", fails="")
            wait_until(lambda: "PANIC" in logged(resource), "it is in the log")
        got = reason(resource, "its log says: PANIC")
    finally:
        wal.chmod(0o700)
    assert "could not" in got
