"""A pair whose primary's controller can begin no process: all its children are killed then."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from fixtures.processes import kill, wait_until
from pgx_base import proc
from pgx_mirror.controller import holding
from pgx_mirror.messages import controller, disk
from tests.mirror.whole import PATIENCE, Whole

pytestmark = pytest.mark.one_postgres


def holders(pair: Whole, name: str, byte: int) -> set[int]:
    return {pid for pid, _ in holding.holders(str(pair.mcdir(name)), name, byte)}


def parent(pid: int) -> int:
    stat = proc.read_stat(pid)
    return stat[1] if stat else 0


def controller_of(pair: Whole, name: str) -> int:
    """Return the controller itself, of which its hands are children."""
    found = holders(pair, name, holding.CONTROLLER)
    (pid,) = {pid for pid in found if parent(pid) not in found}
    return pid


def is_traced(pair: Whole, name: str, number: str) -> bool:
    return number in pair.trace(name)


@contextmanager
def no_process_for(pair: Whole, pid: int) -> Iterator[None]:
    """Let *pid* begin no process: its user has more than one already."""
    text = Path(f"/proc/{pid}/limits").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("Max processes")]
    soft, hard = (word.replace("unlimited", "-1") for word in line.split()[2:4])
    limit(pair, pid, "1", hard)
    try:
        yield
    finally:
        limit(pair, pid, soft, hard)


def limit(pair: Whole, pid: int, soft: str, hard: str) -> None:
    """Limit the processes of *pid*, as its own user may."""
    code = (
        "import resource, sys; pid, *limits = map(int, sys.argv[1:]);"
        "resource.prlimit(pid, resource.RLIMIT_NPROC, tuple(limits))"
    )
    subprocess.run(
        [sys.base_prefix + "/bin/python3", "-c", code, str(pid), soft, hard],
        check=True,
        **pair.user.popen_options(),
    )


def test_a_primary_whose_controller_can_begin_no_process_goes_on(
    mirrored: Whole,
) -> None:
    """Nobody else is left to see it: a controller that ended of it would not be begun anew."""
    first = mirrored.primary()
    before, pid = mirrored.mark(first), controller_of(mirrored, first)
    with no_process_for(mirrored, pid):
        for watcher in holders(mirrored, first, holding.WATCHER):
            kill(watcher)
        for child in [one for one in proc.pids() if parent(one) == pid]:
            kill(child)
        mirrored.goes_on_for(3.0)
        assert os.path.exists(f"/proc/{pid}")

    wait_until(lambda: holders(mirrored, first, holding.WATCHER), "a watcher", PATIENCE)
    for message in (controller.NO_PROCESS, disk.UNTESTED):
        wait_until(
            partial(is_traced, mirrored, first, message.number), "it is told", PATIENCE
        )
    mirrored.settles()
    assert controller_of(mirrored, first) == pid
    assert mirrored.mark(first) == before
