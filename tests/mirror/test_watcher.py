"""The watcher begins a controller anew that dies or hangs; a controller outlives its watcher."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.processes import gone, wait_until
from pgx_mirror.controller.watcher import Kept, watch
from pgx_mirror.core.facts import Facts, Terms
from pgx_mirror.core.mark import ALONE, Mark

FACTS = Facts(Terms("a", "b", "message", "i"), mark=Mark("a", "g", "7", 1, ALONE))


def _begun(beats: Path) -> int:
    """Begin a watcher, whose controller writes its PID, how often it was begun, and time."""
    pid = os.fork()
    if pid:
        return pid

    def work(kept: Kept, alive: Callable[[Facts], None]) -> None:
        while True:
            for _ in range(100):  # so that a pipe that nobody reads is full at once
                alive(FACTS)
            new = beats.with_suffix(f".{os.getpid()}")
            new.write_text(f"{os.getpid()} {kept.restarts} {time.monotonic()}")
            new.replace(beats)
            time.sleep(0.02)

    try:
        watch(work, Kept(), 1.0)
    finally:
        os._exit(0)


def _said(beats: Path) -> tuple[int, int, float]:
    pid, restarts, at = beats.read_text().split()
    return int(pid), int(restarts), float(at)


def _beats_after(beats: Path, instant: float) -> bool:
    return beats.exists() and _said(beats)[2] > instant


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_controller_that_dies_or_hangs_is_begun_anew(
    tmp_path: Path, number: signal.Signals
) -> None:
    beats = tmp_path / "beats"
    watcher = _begun(beats)
    try:
        wait_until(beats.exists, "it works")
        first = _said(beats)[0]
        os.kill(first, number)
        wait_until(lambda: _said(beats)[1] == 1, "another works")
        assert gone(first)
    finally:
        os.kill(watcher, signal.SIGKILL)
        os.waitpid(watcher, 0)
        os.kill(_said(beats)[0], signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_controller_goes_on_without_its_watcher(
    tmp_path: Path, number: signal.Signals
) -> None:
    beats = tmp_path / "beats"
    watcher = _begun(beats)
    wait_until(beats.exists, "it works")
    os.kill(watcher, number)
    later = time.monotonic() + 1.0
    try:
        wait_until(lambda: _beats_after(beats, later), "it goes on")
        assert _said(beats)[1] == 0
    finally:
        os.kill(watcher, signal.SIGKILL)
        os.waitpid(watcher, 0)
        os.kill(_said(beats)[0], signal.SIGKILL)
