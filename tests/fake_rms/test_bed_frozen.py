"""A frozen node: nothing of it moves until it is thawed, and then all of it does."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from fixtures.bed.bed import Bed, why_not
from fixtures.bed.node import Node
from fixtures.bed.run import run
from fixtures.processes import children, wait_until
from pgx_base import proc
from tests.fake_rms.two_nodes import two_nodes

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]


@pytest.fixture
def bed() -> Iterator[Bed]:
    """Two nodes with one disk."""
    with two_nodes() as (made, _):
        yield made


def stands_still(node: Node) -> bool:
    """Whether nothing runs: a process that is told to stop in a write ends that first."""
    states = [proc.read_stat(pid) for pid in node.processes()]
    # A shell sleeps on where the child that it has vforked was stopped before its exec.
    return all(stat is None or stat[0] != "R" for stat in states)


def freeze_and_thaw(bed: Bed, node: str, tick: Path) -> None:
    bed.freeze(node)
    wait_until(lambda: stands_still(bed.nodes[node]), "all have stopped")
    before = tick.read_text()
    with pytest.raises(TimeoutError):
        wait_until(lambda: tick.read_text() != before, "it moves", 0.2)
    bed.thaw(node)
    wait_until(lambda: tick.read_text() != before, "it moves again")


def test_a_frozen_node_stands_still(bed: Bed) -> None:
    there = bed.nodes["node1RMS"]
    ticks = "while :; do date +%N >/run/tick; done"  # a process is born at any moment
    ticking = subprocess.Popen(bed.argv("node1RMS", ["sh", "-c", ticks]))
    try:
        tick = Path(f"/proc/{there.pid}/root/run/tick")
        wait_until(tick.exists, "a tick")
        for _ in range(5):
            freeze_and_thaw(bed, "node1RMS", tick)
    finally:
        bed.panic("node1RMS")
        ticking.wait(60)


def stopped(pid: int) -> bool:
    stat = proc.read_stat(pid)
    return stat is not None and stat[0] == "T"


def all_go(pids: Iterable[int]) -> bool:
    return not any(map(stopped, pids))


def test_who_waits_for_a_frozen_process_does_not_continue_it(bed: Bed) -> None:
    """nsenter does, once it goes on: on a busy machine that may be at the next freeze."""
    waiting = subprocess.Popen(bed.argv("node1RMS", ["sleep", "600"]))
    try:
        wait_until(lambda: children(waiting.pid), "its child is there")
        child = children(waiting.pid)[0]
        bed.freeze("node1RMS")
        wait_until(lambda: stopped(waiting.pid) and stopped(child), "both stand")
        os.kill(waiting.pid, signal.SIGCONT)  # as if it had not come to run until now
        wait_until(lambda: stopped(waiting.pid), "it has followed its child")
        with pytest.raises(TimeoutError):
            wait_until(lambda: not stopped(child), "it goes on", 0.5)
        bed.thaw("node1RMS")
        wait_until(lambda: not stopped(child), "it goes on")
    finally:
        bed.panic("node1RMS")
        waiting.wait(60)


def test_what_ends_as_its_node_is_frozen_is_not_waited_for_in_vain(bed: Bed) -> None:
    """nsenter reaps it at any moment, also as it is told to stop."""
    until = time.monotonic() + 3

    def short() -> int:
        ended = 0
        while not ended or time.monotonic() < until:
            ended += not run(*bed.argv("node1RMS", ["true"]))
        return ended

    with ThreadPoolExecutor(2) as pool:
        beside = [pool.submit(short) for _ in range(2)]
        while not all(each.done() for each in beside):
            bed.freeze("node1RMS")
            bed.thaw("node1RMS")
    assert all(each.result() for each in beside)


def test_a_chain_of_those_who_wait_goes_on_from_its_end(bed: Bed) -> None:
    """nsenter waits for su, and su for a shell: each must find its child going."""
    typed = ["su", "root", "-c", "while :; do date +%N >/run/tick; sleep 0.01; done"]
    waiting = subprocess.Popen(bed.argv("node1RMS", typed))
    try:
        tick = Path(f"/proc/{bed.nodes['node1RMS'].pid}/root/run/tick")
        wait_until(tick.exists, "a tick")
        su = children(waiting.pid)[0]
        for _ in range(10):
            freeze_and_thaw(bed, "node1RMS", tick)
            chain = (waiting.pid, su, *children(su))
            assert len(chain) == 3
            wait_until(partial(all_go, chain), "they go on")
    finally:
        bed.panic("node1RMS")
        waiting.wait(60)
