"""The bed's power switch: a node is off once it says so, and whoever asks is told."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest

from fixtures.pair.place import ARBITER, A, B
from fixtures.pair_bed.bed import PairBed, why_not
from fixtures.pair_bed.networks import NETWORKS
from fixtures.pair_bed.power import NEVER, NO, Call, PowerSwitch
from fixtures.processes import gone, kill, wait_until
from tests.mirror.pair_beds import pair_bed

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]


@pytest.fixture
def bed() -> Iterator[PairBed]:
    with pair_bed() as made:
        yield made


@pytest.fixture
def switch(bed: PairBed) -> Iterator[PowerSwitch]:
    made = PowerSwitch(bed)
    yield made
    made.close()


def asked(bed: PairBed, switch: PowerSwitch, by: str, target: str) -> int:
    """Return what the program exits with on node *by*."""
    words = [str(switch.program), "primary", "failover", by, target, "primarycenter"]
    return subprocess.run(bed.argv(by, words), stderr=subprocess.DEVNULL).returncode


@pytest.mark.parametrize("target", [A, B])
def test_a_node_is_off_when_the_program_says_so(
    bed: PairBed, switch: PowerSwitch, target: str
) -> None:
    by, init = (B, A)[target == B], bed.nodes[target].pid
    for network in NETWORKS:
        bed.cut(network, by)

    assert asked(bed, switch, by, target) == 0

    assert gone(init)
    assert not bed.is_up(target)
    assert switch.done == [target]


def test_one_that_is_off_already_is_off(bed: PairBed, switch: PowerSwitch) -> None:
    bed.panic(B)
    assert asked(bed, switch, A, B) == 0


def test_what_is_no_server_is_not_switched_off(
    bed: PairBed, switch: PowerSwitch
) -> None:
    assert asked(bed, switch, A, ARBITER) != 0
    assert asked(bed, switch, A, "") != 0
    assert bed.is_up(ARBITER)
    assert switch.done == []


def test_without_it_nobody_is_told_that_a_node_is_off(
    bed: PairBed, switch: PowerSwitch
) -> None:
    switch.close()
    assert asked(bed, switch, A, B) != 0
    assert bed.is_up(B)


def test_one_that_is_bad_does_nothing_or_takes_its_time(
    bed: PairBed, switch: PowerSwitch
) -> None:
    switch.will(NO, 0.5)
    began = time.monotonic()

    assert asked(bed, switch, A, B) != 0
    assert bed.is_up(B)
    assert asked(bed, switch, A, B) == 0
    assert time.monotonic() >= began + 0.5
    assert switch.calls == [Call(B, "failover")] * 2
    assert switch.done == [B]


def test_whoever_asks_one_that_hangs_holds_up_nobody_once_it_has_gone(
    bed: PairBed, switch: PowerSwitch
) -> None:
    switch.will(NEVER)
    words = [str(switch.program), "monitor", "switch", B]  # as the arbiter asks
    hangs = subprocess.Popen(bed.argv(A, words), stderr=subprocess.DEVNULL)
    wait_until(lambda: switch.calls, "it is asked")
    assert switch.calls == [Call(B, "switch")]
    assert bed.is_up(B)
    for pid in bed.nodes[A].processes():
        if pid != bed.nodes[A].pid:
            kill(pid)
    hangs.wait()

    assert asked(bed, switch, A, B) == 0
