"""A server started by hand that a monitor has adopted: what most monitor tests begin with."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fixtures.commands import command
from fixtures.os_user import plain_environment
from fixtures.processes import gone, kill, stands, wait_until
from fixtures.server import Server
from pgx_agent.monitor import launch
from pgx_base import locks, proc
from pgx_pclrsc.core import names
from tests.fix_resource import ONLINE, MakeResource, Resource


def start(server: Server) -> int:
    """Start *server* without waiting for an answer, only until it says where it stands."""
    pid = server.launch()
    wait_until(
        lambda: server.status_line() in ("ready", "standby") or gone(pid),
        "the server is up",
        60,
    )
    assert not gone(pid), server.log()
    return pid


def adopt(make_resource: MakeResource, server: Server, **options: object) -> Resource:
    """Register *server*, which runs, and have a monitor adopt it."""
    resource = make_resource(server, **options)
    resource.wait_for(ONLINE)  # the monitor of one Check may stand down, late as it is
    return resource


def monitor_of(resource: Resource) -> int:
    """Return the PID of the monitor, which must live."""
    pid = resource.monitor()
    assert pid is not None, resource.trace()
    return pid


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Have *pid* stopped meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(lambda: gone(pid) or stands(pid), f"{pid} stands")
        yield
    finally:
        kill(pid, signal.SIGCONT)


@contextmanager
def silent(resource: Resource, retries: int = 0) -> Iterator[None]:
    """Have the postmaster stopped, and be Faulted after a second and *retries* more.

    Only from then on: a busy machine may hold up an answer for as long.
    """
    limits = ("--response-timeout=1", f"--timeout-retry-count={retries}")
    with stopped(resource.known().postmaster):
        result = resource.run("pgx_pclrsc", "-m", "-c", resource.name, *limits)
        assert result.returncode == 0, result.stderr
        yield


def stays_online(resource: Resource, seconds: float) -> None:
    """Check that the record says Online for *seconds*."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = resource.known()
        assert found.state == "online", resource.trace()
        time.sleep(0.05)
    assert resource.check() == ONLINE


def probes(server: Server, pid: int) -> int:
    """Return how many of the server's processes serve the monitor's questions."""
    children = [
        one for one in proc.pids() if (proc.read_stat(one) or ("", 0))[1] == pid
    ]
    shown = [" ".join(proc.cmdline(one)) for one in children]
    return sum(
        f"{server.user.name} {base} [local] startup" in text
        for text in shown
        for base in ("template1", "postgres")
    )


def start_by_hand(
    resource: Resource, *options: str, keep: tuple[int, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run pgx_monitor as its starters do; it returns when it has detached."""
    extra = {"PGX_PCLRSC_HOME": str(resource.registry)}
    return subprocess.run(
        [command("pgx_monitor"), resource.name, *options],
        env=plain_environment(resource.server.user.name) | extra,
        pass_fds=keep,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        **resource.server.user.popen_options(),
    )


def first_word(fd: int, limit: float = 60) -> str:
    ready, _, _ = select.select([fd], [], [], limit)
    assert ready, "no word from the monitor"
    return os.read(fd, 1000).decode()


def warned(resource: Resource, text: str) -> None:
    wait_until(lambda: text in resource.trace(), f"a warning of {text}", 60, 0.05)


@contextmanager
def no_monitor(resource: Resource) -> Iterator[None]:
    """Let no Check start a monitor for *resource*, which has been Online before."""
    with (resource.work / names.MONITOR_LOCK).open("r+b") as file:
        assert locks.take(file.fileno(), launch.STARTER)
        yield
