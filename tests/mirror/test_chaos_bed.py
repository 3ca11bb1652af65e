"""Each fault of the bed strikes something, and what it broke is put right afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.binaries import Binaries
from fixtures.pair.place import ARBITER, A, B
from fixtures.pair_bed.bed import NODES, PairBed, why_not
from fixtures.pair_bed.disks import NodeDisk
from fixtures.pair_bed.networks import NETWORKS
from fixtures.pair_bed.place import BedPlace
from fixtures.pair_bed.power import PowerSwitch
from fixtures.pair_chaos import policies
from fixtures.pair_chaos.bed_kinds import BED_FAULTS
from fixtures.pair_chaos.fault import HOLDER, Fault
from fixtures.pair_chaos.plan import Blow
from fixtures.pair_chaos.stage import NotThere, Stage
from fixtures.pair_chaos.strikes import strike
from tests.mirror.pair_beds import hears, pair_bed, syncs_late

pytestmark = [
    pytest.mark.root,
    pytest.mark.one_postgres,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]

_FAULTS = [fault for fault in BED_FAULTS if fault.register != policies.ETCD]


@pytest.fixture(scope="module")
def bed() -> Iterator[PairBed]:
    """One for all: each test leaves a bed that is well."""
    with pair_bed() as made:
        yield made


@pytest.fixture(scope="module")
def switch(bed: PairBed) -> Iterator[PowerSwitch]:
    made = PowerSwitch(bed)
    yield made
    made.close()


@pytest.fixture
def stage(
    bed: PairBed, switch: PowerSwitch, postgresql: Binaries, tmp_path: Path
) -> Stage:
    """A stage whose servers were not made yet."""
    place = BedPlace(bed, postgresql)
    place.power = switch
    return Stage(place, policies.of("arbitration"), tmp_path / "told")


def is_well(bed: PairBed) -> bool:
    """Whether all run, hear each other, and have disks with room."""
    disks = [disk for name in NODES for disk in bed.disks[name].values()]
    return (
        all(map(bed.is_up, NODES))
        and all(hears(bed, network, A, B, soon=False) for network in NETWORKS)
        and all(hears(bed, network, B, ARBITER, soon=False) for network in NETWORKS)
        and all(hears(bed, network, ARBITER, A, soon=False) for network in NETWORKS)
        and all(disk.is_well() and not is_full(disk) for disk in disks)
    )


def is_full(disk: NodeDisk) -> bool:
    """Whether what fills it is there."""
    return (disk.seen() / "filler").exists()


@pytest.mark.parametrize("fault", _FAULTS, ids=lambda fault: fault.name)
def test_what_a_fault_breaks_is_put_right(
    bed: PairBed, stage: Stage, switch: PowerSwitch, fault: Fault
) -> None:
    strike(stage, Blow(fault.name, HOLDER, 0.0, 7), A)
    assert switch.is_well() == (fault.register != policies.FENCES)

    stage.settle()

    assert switch.is_well()
    assert stage.missed == 0, stage.told()
    assert is_well(bed)


@pytest.mark.parametrize("victim", [A, B])
def test_a_host_that_is_down_or_frozen_is_where_nobody_works(
    bed: PairBed, stage: Stage, victim: str
) -> None:
    bed.freeze(victim)
    with pytest.raises(NotThere):
        stage.begin(victim, "status")
    bed.thaw(victim)
    bed.panic(victim)
    for fault in _FAULTS:
        strike(stage, Blow(fault.name, HOLDER, 0.0, 7), victim)
    stage.settle()
    assert is_well(bed)


def test_what_was_not_synced_is_told_of_a_host_that_panics(
    bed: PairBed, stage: Stage
) -> None:
    syncs_late(bed, A)
    log = stage.mcdir(A) / "trace.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text("its last line")

    strike(stage, Blow("host panicked", HOLDER, 0.0, 7), A)
    stage.settle()

    assert not stage.mcdir(A).exists()
    assert any("its last line" in text for _, text in stage.logs())
