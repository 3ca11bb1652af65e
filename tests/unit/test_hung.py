"""Who hangs at the work directory, and who only takes his time."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import IO

from fixtures.processes import wait_until
from pgx_agent.script.at_workdir import AtWorkdir
from pgx_agent.script.hung import HungAtWorkdir
from pgx_base import proc
from pgx_postgres.processes import holdings


def _sleeps(pid: int) -> bool:
    stat = proc.read_stat(pid)
    return stat is not None and stat[0] == "S"


def test_one_that_sleeps_there_without_a_step(process: int) -> None:
    at = AtWorkdir()
    wait_until(lambda: _sleeps(process), "it sleeps")
    hung = HungAtWorkdir(process, at, 2.0, 0.0)
    with at, at:
        assert [hung.for_too_long(now) for now in (1, 2, 3)] == [False, False, True]
    at.close()


def test_elsewhere_it_may_sleep(process: int) -> None:
    at = AtWorkdir()
    wait_until(lambda: _sleeps(process), "it sleeps")
    hung = HungAtWorkdir(process, at, 2.0, 0.0)
    with at:
        assert not hung.for_too_long(1)
    assert [hung.for_too_long(now) for now in (2, 3, 4, 5)] == [False] * 4
    at.close()


def test_who_looks_rarely_has_not_seen_it_hang(process: int) -> None:
    """A node that was frozen has frozen us as well."""
    at = AtWorkdir()
    wait_until(lambda: _sleeps(process), "it sleeps")
    hung = HungAtWorkdir(process, at, 2.0, 0.0)
    with at:
        looks = [hung.for_too_long(now) for now in (1, 1000, 1001)]
    assert looks == [False, False, True]
    at.close()


def test_a_stopped_process_does_not_hang(process: int) -> None:
    at = AtWorkdir()
    os.kill(process, signal.SIGSTOP)
    wait_until(lambda: (proc.read_stat(process) or "?")[0] == "T", "it is stopped")
    hung = HungAtWorkdir(process, at, 2.0, 0.0)
    with at:
        assert not any(hung.for_too_long(now) for now in range(1, 9))
    at.close()


def test_one_that_takes_steps_does_not_hang() -> None:
    """It works through much that is there, each piece with a wait of its own."""
    at = AtWorkdir()
    with subprocess.Popen(["sh", "-c", "while read x; do :; done"], stdin=-1) as busy:
        assert busy.stdin is not None
        hung = HungAtWorkdir(busy.pid, at, 2.0, 0.0)
        with at:
            for now in range(1, 9):
                _let_it_step(busy.pid, busy.stdin)
                assert not hung.for_too_long(now)
    at.close()


def _let_it_step(pid: int, stdin: IO[bytes]) -> None:
    before = holdings.steps(pid)
    stdin.write(b"x\n")
    stdin.flush()
    wait_until(lambda: holdings.steps(pid) > before, "it takes a step")
