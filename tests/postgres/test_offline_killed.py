"""pgx_offline killed at any instant, and run again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from fixtures.processes import gone, kill, wait_until
from pgx_base import locks
from pgx_pclrsc import record as records
from pgx_pclrsc.core import names
from tests.at_call import go_on, standing
from tests.fix_resource import OFFLINE, Resource
from tests.postgres.adopted import stopped

# Python's start, the lock, the monitor, the stop, the search for others: all within this.
_LONGEST = 0.2


def _children(pid: int) -> list[int]:
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(word) for word in words]


def _kill_after(
    offline: subprocess.Popen[str], seconds: float, number: int, *, worker: bool = False
) -> list[int]:
    """Signal the script, or its worker, some time after its start; return the workers.

    It stands meanwhile: it begins no worker that nobody knows of.
    """
    time.sleep(seconds)
    with stopped(offline.pid):
        workers = _children(offline.pid)
        for pid in workers if worker else [offline.pid]:
            kill(pid, number)
    offline.communicate(timeout=60)
    return workers


def _ended(workers: list[int]) -> None:
    wait_until(lambda: all(map(gone, workers)), "the worker ends by itself")


def _working(offline: subprocess.Popen[str]) -> None:
    wait_until(lambda: _children(offline.pid) or offline.poll() is not None, "works")


def _is_locked(resource: Resource) -> bool:
    fd = os.open(resource.work / names.TRANSITION_LOCK, os.O_RDONLY)
    try:
        return locks.is_held(fd, locks.EXCLUSIVE)
    finally:
        os.close(fd)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name
)
@pytest.mark.one_postgres
def test_killed_and_run_again(
    resource: Resource, seed: int, number: signal.Signals
) -> None:
    dice = random.Random(seed * 100 + number)
    for _ in range(3):
        assert resource.online().returncode == 0
        pid = resource.known().postmaster
        offline = resource.start("pgx_offline", resource.name)
        _ended(_kill_after(offline, dice.random() * _LONGEST, number))
        assert resource.check() in (0, 1, 2)
        again = resource.offline()

        assert again.returncode == 0, again.stderr
        assert gone(pid)
        assert resource.known().state == records.NONE
        assert not _is_locked(resource)
        assert resource.check() == OFFLINE


@pytest.mark.one_postgres
def test_its_worker_killed_and_run_again(resource: Resource) -> None:
    """As the kernel does when memory runs out: the script says so, and exits 1."""
    dice = random.Random(7)
    for _ in range(5):
        assert resource.online().returncode == 0
        pid = resource.known().postmaster
        offline = resource.start("pgx_offline", resource.name)
        _working(offline)
        _kill_after(offline, dice.random() * _LONGEST / 2, signal.SIGKILL, worker=True)

        assert offline.returncode in (0, 1)
        assert resource.offline().returncode == 0
        assert gone(pid)


@pytest.mark.one_postgres
def test_killed_while_the_postmaster_is_stopped(resource: Resource) -> None:
    """The order of a kill begins with SIGSTOP: a postmaster left so is killed next time."""
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    os.kill(pid, signal.SIGSTOP)
    offline = resource.start("pgx_offline", resource.name)
    _kill_after(offline, 0.08, signal.SIGKILL)

    assert resource.offline().returncode == 0
    assert gone(pid)


@pytest.mark.one_postgres
def test_a_second_offline_waits_for_a_first_that_hangs(resource: Resource) -> None:
    """Stopped like this it holds the lock; the second has its own deadline."""
    assert resource.online().returncode == 0
    env = resource.environment()
    with standing("papers.speak", "pgx_offline", resource.name, env=env) as offline:
        assert _is_locked(resource)
        second = resource.start("pgx_offline", resource.name)
        asks = "waiting for the transition lock"
        wait_until(lambda: resource.trace().count(asks) == 2, "the second asks for it")
        assert second.poll() is None
        go_on(offline)
        both = [p.communicate(timeout=60)[0] for p in (offline, second)]

    assert both == ["", ""]
    assert (offline.returncode, second.returncode) == (0, 0)
