"""What is a fault, and when: not before the definition says, and at once where it can be."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_base import proc
from tests.fix_postgres import MakeServer
from tests.fix_resource import FAULTED, ONLINE, MakeResource, Resource
from tests.postgres.adopted import (
    adopt,
    monitor_of,
    silent,
    start,
    stays_online,
    stopped,
)
from tests.postgres.stopping import child
from tests.postgres.test_monitor_files import held

pytestmark = pytest.mark.postgres


def fault(resource: Resource, limit: float = 60) -> tuple[float, str]:
    """Return when the record said Faulted, and its reason."""
    found = resource.wait_for_record("faulted", limit)
    return time.monotonic(), found.reason


@pytest.mark.alone
@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.one_postgres
def test_a_stopped_postmaster_faults_after_the_whole_budget(
    make_resource: MakeResource, server: Server, retries: int
) -> None:
    pid = server.start_plain()
    resource = adopt(make_resource, server)
    began = time.monotonic()
    with silent(resource, retries):
        at, reason = fault(resource)

        assert resource.check() == FAULTED
        assert at - began >= 1 + retries
        assert at - began < (1 + retries) + 1 + 10  # one interval, and a busy machine
        assert "no answer within 1 s" in reason
    assert proc.read_stat(pid) is not None


@pytest.mark.one_postgres
def test_a_postmaster_stopped_for_less_is_no_fault(
    make_resource: MakeResource, server: Server
) -> None:
    pid = server.start_plain()
    resource = adopt(make_resource, server, response_timeout=2, timeout_retry_count=9)
    with stopped(pid):
        wait_until(lambda: "failed" in resource.trace(), "a question fails")

    stays_online(resource, 3)


@contextmanager
def full_queue(resource: Resource) -> Iterator[None]:
    """Have the postmaster stopped, and its queue of connections full.

    The monitor stands meanwhile, and whatever it has asked before is let in: a question in
    the queue would be one that waits for an answer.
    """
    server = resource.server
    with ExitStack() as standing:
        standing.enter_context(stopped(monitor_of(resource)))
        wait_until(server.answers, "who has come before us is let in")
        with stopped(resource.known().postmaster), filled(server):
            standing.close()
            yield


@contextmanager
def filled(server: Server) -> Iterator[None]:
    """Fill the queue of connections of a stopped postmaster."""
    path = str(server.sockets / f".s.PGSQL.{server.port}")
    with ExitStack() as stack:
        for _ in range(2000):
            sock = stack.enter_context(socket.socket(socket.AF_UNIX))
            sock.setblocking(False)
            if sock.connect_ex(path):
                break
        yield


@pytest.mark.one_postgres
@pytest.mark.parametrize("tcp", ["", "127.0.0.1"])
@pytest.mark.parametrize("timeout", [0, 2])
def test_a_full_queue_is_a_fault(
    make_resource: MakeResource, make_server: MakeServer, timeout: int, tcp: str
) -> None:
    """Also where a question may take as long as it likes, and TCP has room for it."""
    server = make_server(listen_addresses=tcp)
    server.start_plain()
    limits = {"response_timeout": timeout, "timeout_retry_count": 2}
    resource = adopt(make_resource, server, watch_interval=2, **limits)
    with full_queue(resource):
        _, reason = fault(resource)

    told = "no answer" if tcp and timeout else "nobody was let in"
    assert told in reason


@pytest.mark.one_postgres
def test_a_full_queue_that_empties_is_none(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server, response_timeout=3, timeout_retry_count=4)
    with full_queue(resource):
        time.sleep(3)

    stays_online(resource, 2)


@pytest.mark.parametrize("restart", ["on", "off"])
def test_a_server_process_that_dies_is_a_fault(
    make_resource: MakeResource, make_server: MakeServer, restart: str
) -> None:
    """Between two questions that are an hour apart; whatever the cluster is called."""
    server = make_server(cluster_name="prod: main")
    server.configure(restart_after_crash=restart)
    pid = server.start_plain()
    resource = adopt(make_resource, server, watch_interval=3600)
    wait_until(lambda: watches_checkpointer(resource), "the checkpointer is watched")

    kill(child(server, "background writer"))

    _, reason = fault(resource)
    assert resource.check() == FAULTED
    assert ("crashed" in reason) or (restart == "off" and "has ended" in reason)
    assert gone(pid) == (restart == "off") or restart == "off"


def watches_checkpointer(resource: Resource) -> bool:
    """Whether the monitor has two pidfds: postmaster and checkpointer."""
    return len(held(monitor_of(resource), "anon_inode:[pidfd]")) == 2


@pytest.mark.one_postgres
def test_the_end_of_the_postmaster_is_known_at_once(
    make_resource: MakeResource, server: Server
) -> None:
    pid = server.start_plain()
    resource = adopt(make_resource, server, watch_interval=3600)

    kill(pid)

    _, reason = fault(resource)
    assert f"postmaster {pid} has ended" in reason
    wait_until(lambda: not resource.monitor_runs(), "the monitor has ended")
    assert resource.check() == FAULTED


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
def test_a_stop_behind_our_back_is_a_fault(
    make_resource: MakeResource, server: Server, number: signal.Signals
) -> None:
    pid = server.start_plain()
    resource = adopt(make_resource, server)

    kill(pid, number)

    fault(resource)
    assert resource.check() == FAULTED


def test_a_restart_behind_our_back_is_a_fault(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)
    server.stop()

    start(server)

    fault(resource)
    assert resource.check() == FAULTED


def test_evidence_is_kept(make_resource: MakeResource, server: Server) -> None:
    pid = server.start_plain()
    resource = adopt(make_resource, server)
    with silent(resource):
        fault(resource)
        wait_until(lambda: "memory:" in resource.trace(), "the evidence is there")

    trace = resource.trace()
    assert "to template1:" in trace
    assert "to postgres:" in trace
    assert f"PID file: postmaster {pid}, of " in trace
    assert f"postmaster {pid}: state T, waits in " in trace
    assert "load: " in trace


@pytest.mark.one_postgres
def test_evidence_is_kept_where_the_monitor_is_ended_at_once(
    make_resource: MakeResource, server: Server
) -> None:
    """RMS may ask, and run Offline, at the very moment at which the record says it."""
    pid = server.start_plain()
    resource = adopt(make_resource, server)
    monitor = monitor_of(resource)
    with silent(resource):
        wait_until(lambda: resource.known().state == "faulted", "it says so", 60, 0.0)
        os.kill(monitor, signal.SIGTERM)
        wait_until(lambda: gone(monitor), "it ends")

    wait_until(lambda: "memory: " in resource.trace(), "it is told")
    assert "Faulted: no answer within 1 s" in resource.trace()
    assert f"postmaster {pid}: state T, waits in " in resource.trace()


@pytest.mark.one_postgres
def test_faulted_is_final(make_resource: MakeResource, server: Server) -> None:
    """The monitor stays, holding the guard, and says nothing else."""
    pid = server.start_plain()
    resource = adopt(make_resource, server)
    with silent(resource):
        fault(resource)
    monitor = monitor_of(resource)
    wait_until(server.answers, "it answers")
    time.sleep(2)

    assert resource.check() == FAULTED
    assert monitor_of(resource) == monitor

    kill(monitor)
    assert resource.check() == FAULTED

    kill(pid)
    assert resource.check() == FAULTED


BUSY = "while True: pass"


@pytest.mark.alone
@pytest.mark.one_postgres
def test_a_busy_node_is_no_fault(make_resource: MakeResource, server: Server) -> None:
    server.start_plain()
    resource = adopt(make_resource, server, response_timeout=1, timeout_retry_count=1)
    with ExitStack() as stack:
        for _ in range(2 * (os.cpu_count() or 1)):
            process = stack.enter_context(
                subprocess.Popen([sys.executable, "-c", BUSY])
            )
            stack.callback(process.kill)
        stays_online(resource, 15)  # the budget is 2 s

    assert resource.check() == ONLINE
