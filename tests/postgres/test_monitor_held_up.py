"""The child that writes for a monitor is held up: as where it gets no processor for long."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.needs import missing
from fixtures.processes import children, gone, stands, wait_until
from tests.fix_resource import ONLINE, Resource
from tools.commands import PACKAGES, write_commands

ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 2  # longer than the monitor waits for it before it says Online

pytestmark = pytest.mark.one_postgres


@pytest.fixture
def programs(program_home: Path) -> Path:
    """Our commands, whose monitor writes the record late."""
    if reason := missing("strace"):
        pytest.skip(reason)
    venv, paths = Path(sys.executable).parents[1], [str(ROOT / p) for p in PACKAGES]
    write_commands(venv, program_home, paths)
    late = f"inject=pwrite64:delay_enter={_SECONDS}000000"
    line = [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=pwrite64",
        "-e",
        late,
    ]
    monitor = program_home / "pgx_monitor"
    text = f'exec {shlex.join([*line, command("pgx_monitor")])} "$@"'
    monitor.write_text(f"#!/bin/sh\n{text}\n")
    return program_home


def test_online_ends_once_the_record_says_so(
    resource: Resource, programs: Path
) -> None:
    """Check of an ordinary user goes by the record alone: it would say Offline."""
    done = subprocess.run(
        [programs / "pgx_online", resource.name],
        env=resource.environment(),
        text=True,
        capture_output=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert resource.known().state == "online"
    assert resource.check() == ONLINE
    assert resource.offline().returncode == 0


def test_one_that_stands_is_ended_with_its_child(resource: Resource) -> None:
    """The record names the monitor alone; its child has the lock as well."""
    assert resource.online().returncode == 0
    monitor = resource.signal_monitor(signal.SIGSTOP)
    wait_until(lambda: stands(monitor), "the monitor stands")
    both = [monitor, *children(monitor)]
    for pid in both[1:]:
        os.kill(pid, signal.SIGSTOP)
    result = resource.online()

    assert result.returncode == 0, result.stderr
    assert len(both) == 2
    assert all(map(gone, both))
