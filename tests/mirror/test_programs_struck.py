"""A program of PostgreSQL's, and a signal between any two lines of what starts it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fixtures.processes import gone, wait_until
from pgx_base import heeded, held_signal
from pgx_mirror.setup import programs
from tests.struck_lines import Lines

STRUCK = {
    str(module.__file__)
    for module in (subprocess, contextlib, held_signal, programs, heeded)
}
HEEDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SLEEP = ["sleep", "600"]
STEP = 5  # lines; all 800 were struck by hand


@pytest.fixture
def _heeded() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in HEEDED}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _run(lines: Lines) -> bool:
    """Whether it was interrupted, with a program that ends only if it is ended."""
    ends = heeded.Heeded(HEEDED, KeyboardInterrupt)
    try:
        with ends.ending(), lines.counted(), programs.running(SLEEP, programs.kill):
            pass
    except KeyboardInterrupt:
        return True
    return False


@pytest.mark.usefixtures("_heeded")
def test_wherever_it_strikes_nothing_runs_on() -> None:
    whole = Lines(STRUCK)
    assert not _run(whole)
    before, opened = set(psutil.Process().children()), os.listdir("/proc/self/fd")
    for at in range(1, whole.count + 1, STEP):
        assert _run(Lines(STRUCK, at)), at
        # Who was there before may be reaped meanwhile, by whoever began it.
        assert set(psutil.Process().children()) <= before, at
        assert os.listdir("/proc/self/fd") == opened, at


def test_what_it_has_started_ends_with_it(tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = f"sleep 600 & echo $! >{told}; wait"
    with programs.running(["sh", "-c", script], programs.kill):
        wait_until(lambda: told.exists() and bool(told.read_text()), "it runs", 60)
    wait_until(lambda: gone(int(told.read_text())), "what it started has ended", 60)


def test_one_that_has_ended_is_not_looked_for() -> None:
    with programs.running(["true"], programs.kill) as process:
        assert process.wait(60) == 0
    assert process.stdout is not None
    assert process.stdout.closed
