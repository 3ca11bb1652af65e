"""A pair on the bed whose arbiter has a fencing_command: make pair-long."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from fixtures.binaries import Binaries
from fixtures.pair.place import ARBITER
from fixtures.pair_bed.bed import why_not
from fixtures.pair_bed.networks import ADMIN, LOG
from fixtures.pair_bed.power import NEVER, NO, Call, PowerSwitch
from fixtures.pair_bed.system_log import SystemLog
from fixtures.processes import wait_until
from pgx_mirror.core.mark import ALONE, PAIR, SYNC
from tests.mirror.bed_stories import LONG, OnBed, on_bed
from tests.mirror.whole import PATIENCE

pytestmark = [
    pytest.mark.root,
    pytest.mark.one_postgres,
    pytest.mark.long,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]
MUST_WAIT, NOT_ENDED, TIMED_OUT = 560, 562, 604
_TIMEOUT = 3  # seconds that the program may take


class Fencing(OnBed):
    """Its arbiter switches a host off before the other server goes on."""

    switch: PowerSwitch
    said: SystemLog

    def make(self) -> None:
        """Make the switch, the arbiter's system log, and all else."""
        self.switch = PowerSwitch(self.bed)
        self.said = SystemLog(self.bed, ARBITER)
        super().make()

    def _arbitration(self) -> str:
        lines = f"fencing_command = '{self.bed.root}/power-off'\n"
        lines += f"fencing_command_timeout = {_TIMEOUT}\n"
        return super()._arbitration() + lines

    def asked(self, count: int) -> None:
        """Wait until the program was called so often."""
        wait_until(lambda: len(self.switch.calls) >= count, "called", PATIENCE, 0.05)

    def arbiter_says(self) -> dict[str, object]:
        """Return what mc_arb status says: it answers."""
        words = ("status", "--output=json", "-M", self.mcdir(ARBITER))
        said: dict[str, object] = json.loads(
            self.run("mc_arb", *words, on=ARBITER, limit=30).stdout
        )
        return said


@pytest.fixture(scope="module")
def modules_fencing(postgresql: Binaries) -> Iterator[Fencing]:
    with on_bed(postgresql, kind=Fencing) as made:
        assert isinstance(made, Fencing)
        try:
            yield made
        finally:
            made.switch.close()
            made.said.close()


@pytest.fixture
def fencing(modules_fencing: Fencing) -> Iterator[Fencing]:
    pair = modules_fencing
    pair.settles()
    pair.switch.calls.clear()
    pair.switch.done.clear()
    pair.said.lines.clear()
    yield pair
    pair.switch.will()
    pair.restored()


def nothing_is_granted(pair: Fencing, other: str, seconds: float) -> None:
    """See that for so long nobody has the pen, and that no commit is acknowledged."""
    since, until = time.monotonic(), time.monotonic() + seconds
    while time.monotonic() < until:
        assert pair.mark(other).state == SYNC
        assert pair.arbiter_says()["cell"]["state"] == PAIR  # type: ignore[index]
        time.sleep(0.1)
    assert pair.client.first_after(since) is None


def test_a_frozen_primary_is_ended_before_its_standby_is_granted_the_pen(
    fencing: Fencing,
) -> None:
    first, other = fencing.primary(), fencing.standby()
    fencing.switch.will(_TIMEOUT - 1.0)

    fencing.bed.freeze(first)

    fencing.asked(1)
    nothing_is_granted(fencing, other, _TIMEOUT - 2.0)
    assert fencing.switch.done == []
    fencing.takes_over_from(first)
    assert fencing.switch.calls == [Call(first, "switch")]
    assert fencing.switch.done == [first]
    fencing.bed.boot(first)
    fencing.is_refused(first)
    fencing.witness()


def test_a_dead_primary_is_not_replaced_while_the_program_fails(
    fencing: Fencing,
) -> None:
    first, other = fencing.primary(), fencing.standby()
    fencing.switch.will(NO, NO)

    fencing.bed.panic(first)

    fencing.asked(1)
    wait_until(lambda: fencing.said.of(NOT_ENDED), "it is told", PATIENCE)
    nothing_is_granted(fencing, other, 2.0)
    fencing.takes_over_from(first)
    assert fencing.switch.calls == [Call(first, "switch")] * 3
    assert fencing.switch.done == [first]
    assert len(fencing.said.of(NOT_ENDED)) == 2


def test_one_that_hangs_is_ended_and_called_again(fencing: Fencing) -> None:
    first, other = fencing.primary(), fencing.standby()
    fencing.switch.will(NEVER)

    fencing.bed.panic(first)

    fencing.asked(1)
    nothing_is_granted(fencing, other, _TIMEOUT)
    fencing.takes_over_from(first)
    assert fencing.switch.calls == [Call(first, "switch")] * 2
    assert len(fencing.said.of(NOT_ENDED)) == len(fencing.said.of(TIMED_OUT)) == 1


def test_a_standby_is_refused_while_the_arbiter_hears_its_primary(
    fencing: Fencing,
) -> None:
    """Both reach the arbiter, and not each other: the primary goes on, the standby is ended."""
    first, other = fencing.primary(), fencing.standby()
    # Both ask at about the same time: the primary's call is to take long.
    fencing.switch.will(_TIMEOUT - 1.0)

    for network in (ADMIN, LOG):
        fencing.bed.cut(network, first)

    wait_until(lambda: fencing.said.of(MUST_WAIT), "it is refused", PATIENCE)
    assert f'server "{other}"' in fencing.said.of(MUST_WAIT)[0]
    fencing.goes_on_alone(first)
    assert fencing.switch.calls == [Call(other, "detach")]
    assert fencing.switch.done == [other]
    fencing.goes_on_for(LONG)
    assert fencing.mark(first).state == ALONE
