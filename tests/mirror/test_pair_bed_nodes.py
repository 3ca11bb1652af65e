"""A pair on the bed whose nodes panic, are frozen and thawed: make pair-long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fixtures.pair.client import Client
from fixtures.pair.place import ARBITER, OTHER, A, B
from fixtures.pair_bed.bed import why_not
from fixtures.pair_bed.place import BedClient
from fixtures.processes import wait_until
from tests.mirror.bed_stories import OnBed
from tests.mirror.pair_told import until_told
from tests.mirror.striking import mend
from tests.mirror.whole import PATIENCE

pytestmark = [
    pytest.mark.root,
    pytest.mark.one_postgres,
    pytest.mark.long,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]
_MOMENT = 4.0  # seconds: less than what makes a server silent


@contextmanager
def loyal(pair: OnBed, name: str) -> Iterator[Client]:
    """Have a second client write that never leaves *name*, whatever becomes of it."""
    client = BedClient(pair, name)
    client.start()
    try:
        wait_until(lambda: client.first_after(0.0), "a first commit", PATIENCE)
        yield client
    finally:
        client.stop()


@pytest.mark.parametrize("nth", ["first", "second", "third"])
def test_a_primary_that_panics_is_taken_over_from_and_rebuilt(
    bedded: OnBed, nth: str
) -> None:
    first = bedded.primary()

    assert bedded.bed.panic(first)

    bedded.takes_over_from(first)
    assert "switched" in bedded.told(OTHER[first])
    bedded.bed.boot(first)
    bedded.is_refused(first)
    bedded.rebuild(first)
    assert bedded.primary() == OTHER[first]


def test_a_standby_that_panics_is_disconnected_and_joined_again(bedded: OnBed) -> None:
    first, other, epoch = bedded.primary(), bedded.standby(), bedded.epoch()

    assert bedded.bed.panic(other)

    bedded.goes_on_alone(first)
    bedded.bed.boot(other)
    assert bedded.start(other).returncode == 0
    bedded.until_later(epoch)
    assert bedded.primary() == first


@pytest.mark.parametrize("order", [(A, B), (B, A)], ids="+".join)
def test_power_that_fails_everywhere_loses_no_row(
    bedded: OnBed, order: tuple[str, str]
) -> None:
    """All three nodes, and what is started first is not always the primary."""
    first = bedded.primary()

    for name in (ARBITER, *order):
        assert bedded.bed.panic(name)
    for name in (ARBITER, *order):
        bedded.bed.boot(name)
    bedded.start_arbiter()
    for name in order:
        bedded.start(name)

    mend(bedded)
    bedded.settles()
    assert bedded.primary() == first


def test_an_arbiter_that_panics_is_told_and_knows_the_register_afterwards(
    bedded: OnBed,
) -> None:
    first = bedded.primary()
    before = bedded.mark(first)

    assert bedded.bed.panic(ARBITER)

    until_told(bedded, first, f'server "{first}" does not reach the arbiter')
    bedded.nobody_switches(before)
    bedded.bed.boot(ARBITER)
    bedded.start_arbiter()
    bedded.until_switchable()
    assert bedded.mark(first) == before
    assert bedded.bed.panic(first)
    bedded.takes_over_from(first)


def test_a_primary_that_is_frozen_for_a_moment_stays(bedded: OnBed) -> None:
    first = bedded.primary()
    before = bedded.mark(first)

    bedded.bed.freeze(first)
    time.sleep(_MOMENT)
    bedded.bed.thaw(first)

    bedded.nobody_switches(before)


def test_a_frozen_primary_acknowledges_nothing_of_its_own_once_it_is_thawed(
    bedded: OnBed,
) -> None:
    first = bedded.primary()

    with loyal(bedded, first) as client:
        bedded.bed.freeze(first)
        bedded.takes_over_from(first)
        assert "switched" in bedded.told(OTHER[first])
        bedded.bed.thaw(first)
        bedded.gives_way(first)
        bedded.commits()

    told = {row.number for row in client.acknowledged()}
    assert told and not told - bedded.client.there()


def test_a_frozen_standby_is_disconnected_and_joined_again(bedded: OnBed) -> None:
    first, other, epoch = bedded.primary(), bedded.standby(), bedded.epoch()

    bedded.bed.freeze(other)

    bedded.goes_on_alone(first)
    bedded.bed.thaw(other)
    bedded.until_later(epoch)
    assert bedded.primary() == first
