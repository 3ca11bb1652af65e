"""Who holds a lock of a management directory is told by the kernel, byte by byte."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.processes import gone, wait_until
from pgx_base.failure import Failure
from pgx_mirror.controller import ending, holding
from pgx_mirror.controller.holding import CONTROLLER, COPY, SETUP, WATCHER

_HOLDS = """
import os, sys, time
from pgx_mirror.controller import holding
holding.take(sys.argv[1], "nd1", int(sys.argv[2]))
if "fork" in sys.argv:
    os.fork()
if "exec" in sys.argv:
    os.execv("/bin/sleep", ["sleep", "600"])
print(os.getpid(), flush=True)
time.sleep(600)
"""


@contextmanager
def held(directory: Path, *words: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDS, directory, *map(str, words)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    try:
        if "exec" not in words:
            assert process.stdout.readline()
        yield process
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it was the test that has ended it
        process.communicate()


def pids(directory: Path, byte: int) -> list[int]:
    return [pid for pid, _ in holding.holders(str(directory), "nd1", byte)]


def test_each_byte_has_its_own_holders(tmp_path: Path) -> None:
    mcdir = str(tmp_path)
    assert not holding.is_held(mcdir, "nd1", WATCHER)
    with held(tmp_path, WATCHER) as watcher, held(tmp_path, SETUP) as other:
        assert pids(tmp_path, WATCHER) == [watcher.pid]
        assert pids(tmp_path, SETUP) == [other.pid]
        assert pids(tmp_path, CONTROLLER) == pids(tmp_path, COPY) == []
        assert not holding.is_held(mcdir, "nd2", WATCHER)
        assert holding.running(mcdir) == ["nd1"]
        with pytest.raises(Failure, match="running already") as refused:
            holding.take(mcdir, "nd1", WATCHER)
        assert refused.value.detail == f"Processes: {watcher.pid}."
        with pytest.raises(Failure, match="a setup of server"):
            holding.check_free(mcdir, "nd1", CONTROLLER, SETUP)
    assert holding.running(mcdir) == []


def test_children_hold_what_their_parent_took_and_programs_do_not(
    tmp_path: Path,
) -> None:
    with held(tmp_path, CONTROLLER, "fork") as parent:
        wait_until(lambda: len(pids(tmp_path, CONTROLLER)) == 2, "the child holds it")
        parent.kill()
        parent.wait()
        (child,) = pids(tmp_path, CONTROLLER)
        assert ending.end(str(tmp_path), "nd1", (CONTROLLER,)) == 1
        wait_until(lambda: gone(child), "it is gone, having let go of its lock before")
    with held(tmp_path, CONTROLLER, "exec") as program:
        path = Path(f"/proc/{program.pid}/comm")
        wait_until(lambda: path.read_text() == "sleep\n", "the program runs")
        # Its name changes before the kernel lets go of what is closed on exec.
        wait_until(
            lambda: not holding.is_held(str(tmp_path), "nd1", CONTROLLER), "it is free"
        )
        assert program.poll() is None


def test_only_who_holds_what_is_asked_for_is_ended(tmp_path: Path) -> None:
    with held(tmp_path, WATCHER) as watcher, held(tmp_path, SETUP) as other:
        assert ending.end(str(tmp_path), "nd1", holding.SERVICE) == 1
        watcher.wait(60)
        assert other.poll() is None
        assert pids(tmp_path, SETUP) == [other.pid]
