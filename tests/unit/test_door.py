"""Who was let in is told by the children of a process, not by what it uses of the CPU."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from fixtures.processes import kill, wait_until
from pgx_base import proc
from pgx_postgres.processes import children
from pgx_postgres.seeing.door import Door

FORKS = """
import os, sys, time
while True:
    if os.fork() == 0:
        time.sleep(0.5)
        os._exit(0)
    os.waitpid(-1, os.WNOHANG)
    time.sleep(0.05)
"""
SPINS = "while True: pass"


@contextmanager
def running(program: str) -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-S", "-c", program]) as process:
        try:
            yield process.pid
        finally:
            for pid in children.of(process.pid):
                kill(pid)  # it may have ended by itself
            process.kill()


def is_stopped(pid: int) -> bool:
    stat = proc.read_stat(pid)
    return stat is not None and stat[0] == "T"


def looks(door: Door, at: int) -> bool:
    return door.has_let_in(wanted=True, now=float(at))


def test_who_forks_lets_somebody_in() -> None:
    with running(FORKS) as pid:
        door = Door(pid)
        assert not looks(door, 0)  # nothing to compare with
        seen = set(children.of(pid))
        wait_until(lambda: not set(children.of(pid)) <= seen, "a new child")

        assert looks(door, 1)


def test_who_spins_or_is_stopped_lets_nobody_in() -> None:
    for program, stop in ((SPINS, False), (FORKS, True)):
        with running(program) as pid:
            if stop:
                os.kill(pid, signal.SIGSTOP)
                wait_until(partial(is_stopped, pid), "it is stopped")
            door = Door(pid)
            assert not any(looks(door, at) for at in range(5))


def test_a_stretch_outside_begins_with_a_look_of_its_own() -> None:
    """Who came in between two stretches was no answer to the second."""
    with running(FORKS) as pid:
        door = Door(pid)
        looks(door, 0)
        door.has_let_in(wanted=False, now=1.0)
        seen = set(children.of(pid))
        wait_until(lambda: not set(children.of(pid)) <= seen, "a new child")

        assert not looks(door, 2)
