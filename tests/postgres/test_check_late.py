"""pgx_check that was not run for a while: what it has looked at is not so any more."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fixtures.commands import command
from fixtures.disk import Disk
from fixtures.processes import gone, kill, wait_until
from pgx_base import locks, proc
from pgx_pclrsc import registry
from tests.fix_resource import OFFLINE, ONLINE, Resource
from tests.postgres.test_workdir_fails import resource as resource
from tests.postgres.test_workdir_fails import work_disk as work_disk

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]

# Runs a command that stands still as it calls a function: FILE FUNCTION COMMAND ARGUMENT...
STANDS = """
import os, runpy, signal, sys

file, function, *sys.argv = sys.argv[1:]

def at_call(frame, event, _):
    code = frame.f_code
    if event == "call" and code.co_name == function and code.co_filename.endswith(file):
        sys.setprofile(None)
        os.kill(os.getpid(), signal.SIGSTOP)

sys.setprofile(at_call)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_an_offline_that_began_meanwhile_is_the_state_that_it_found(
    resource: Resource, work_disk: Disk
) -> None:
    """Nobody said anything as Check listened: the monitor had just ended."""
    assert resource.online().returncode == 0
    known = resource.known()
    work_disk.fail()
    wait_until(lambda: _is_said(resource, locks.ALONE), "the monitor has seen it")
    kill(known.monitor)
    wait_until(lambda: not _is_said(resource, locks.ALONE), "nothing is said")
    with (
        _started(resource, "/slow.py", "_alive", "pgx_check") as late,
        _started(resource, "/papers.py", "forget", "pgx_offline") as offline,
    ):
        assert gone(known.postmaster) and _is_said(resource, locks.LEAVING)
        kill(late.pid, signal.SIGCONT)
        answers = late.wait(60), resource.check()

    assert offline.returncode == 0
    assert answers == (ONLINE, ONLINE)
    assert resource.check() == OFFLINE


@contextmanager
def _started(
    resource: Resource, file: str, function: str, program: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Have *program* run until it stands, it or its child; in the end it goes on."""
    line = [sys.executable, "-c", STANDS, file, function, command(program)]
    with subprocess.Popen(
        [*line, resource.name],
        env=resource.environment(),
        stdin=subprocess.DEVNULL,
    ) as started:
        try:
            wait_until(lambda: _standing(started.pid), f"{program} stands")
            yield started
        finally:
            for pid in _standing(started.pid):
                kill(pid, signal.SIGCONT)


def _standing(pid: int) -> list[int]:
    """Return *pid* and its children, as far as they are stopped."""
    stats = ((each, proc.read_stat(each)) for each in proc.pids())
    return [
        each
        for each, stat in stats
        if stat is not None and stat[0] == "T" and pid in (each, stat[1])
    ]


def _is_said(resource: Resource, place: int) -> bool:
    fd = locks.open_beacon(registry.beacon_path(str(resource.registry), resource.name))
    with open(fd, "rb"):
        return locks.is_held(fd, place)
