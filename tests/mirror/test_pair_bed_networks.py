"""A pair on the bed whose networks are cut, each alone and one way: make pair-long."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from fixtures.pair.place import OTHER
from fixtures.pair_bed.bed import why_not
from fixtures.pair_bed.networks import (
    ADMIN,
    ARBITRATION,
    ARRIVES,
    BOTH,
    JOB,
    LEAVES,
    LOG,
    NETWORKS,
)
from fixtures.processes import wait_until
from tests.mirror.bed_stories import LONG, OnBed
from tests.mirror.pair_told import until_told
from tests.mirror.whole import PATIENCE

pytestmark = [
    pytest.mark.root,
    pytest.mark.one_postgres,
    pytest.mark.long,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]
each_way = pytest.mark.parametrize("ways", [BOTH, (LEAVES,), (ARRIVES,)], ids="+".join)


def test_a_pair_forms_with_each_kind_of_traffic_on_its_network(bedded: OnBed) -> None:
    first, other = bedded.primary(), bedded.standby()
    sql = "select client_addr from pg_stat_replication"
    assert bedded.asks(first, sql) == bedded.address(LOG, other)
    sql = "select distinct client_addr from pg_stat_activity where query like 'insert%'"
    assert bedded.asks(first, sql) == "10.232.1.254"
    assert f"host={bedded.address(LOG, first)}" in bedded.asks(
        other, "show primary_conninfo"
    )


@each_way
def test_the_job_network_is_nothing_to_the_pair(
    bedded: OnBed, ways: Sequence[str]
) -> None:
    first = bedded.primary()
    before, since = bedded.mark(first), time.monotonic()

    bedded.bed.cut(JOB, first, ways)

    while time.monotonic() < since + LONG:
        assert bedded.is_switchable(), bedded.shown()
        time.sleep(1)
    bedded.bed.join(JOB, first)
    bedded.commits()
    assert bedded.mark(first) == before


@each_way
def test_the_admin_network_alone_switches_nothing(
    bedded: OnBed, ways: Sequence[str]
) -> None:
    """The stream is a sign of life."""
    first = bedded.primary()
    before = bedded.mark(first)

    bedded.bed.cut(ADMIN, first, ways)

    until_told(bedded, first, "not-switchable")
    bedded.nobody_switches(before)
    bedded.bed.join(ADMIN, first)
    bedded.until_switchable()
    assert bedded.mark(first) == before


@each_way
def test_without_the_log_network_the_standby_is_disconnected(
    bedded: OnBed, ways: Sequence[str]
) -> None:
    first, epoch = bedded.primary(), bedded.epoch()

    bedded.bed.cut(LOG, first, ways)

    bedded.goes_on_alone(first)
    bedded.bed.join(LOG, first)
    bedded.until_later(epoch)
    assert bedded.primary() == first


@each_way
def test_the_arbitration_network_alone_is_told_and_nothing_else(
    bedded: OnBed, ways: Sequence[str]
) -> None:
    first = bedded.primary()
    before = bedded.mark(first)

    bedded.bed.cut(ARBITRATION, first, ways)

    until_told(bedded, first, f'server "{first}" does not reach the arbiter')
    assert "not-switchable" in bedded.told(first)
    bedded.nobody_switches(before)
    bedded.bed.join(ARBITRATION, first)
    bedded.until_switchable()


@each_way
def test_without_admin_and_log_network_the_primary_goes_on(
    bedded: OnBed, ways: Sequence[str]
) -> None:
    """Both servers reach the arbiter."""
    first, epoch = bedded.primary(), bedded.epoch()

    for network in (ADMIN, LOG):
        bedded.bed.cut(network, first, ways)

    bedded.goes_on_alone(first)
    bedded.goes_on_for(LONG)
    bedded.witness()
    for network in (ADMIN, LOG):
        bedded.bed.join(network, first)
    bedded.until_later(epoch)
    assert bedded.primary() == first


@each_way
def test_a_primary_that_is_cut_off_from_all_gives_way(
    bedded: OnBed, ways: Sequence[str]
) -> None:
    first = bedded.primary()

    for network in NETWORKS:
        bedded.bed.cut(network, first, ways)

    bedded.takes_over_from(first)
    assert "switched" in bedded.told(OTHER[first])
    bedded.witness()
    for network in NETWORKS:
        bedded.bed.join(network, first)
    bedded.gives_way(first)


@each_way
def test_a_standby_that_is_cut_off_from_all_is_disconnected(
    bedded: OnBed, ways: Sequence[str]
) -> None:
    first, other, epoch = bedded.primary(), bedded.standby(), bedded.epoch()

    for network in NETWORKS:
        bedded.bed.cut(network, other, ways)

    bedded.goes_on_alone(first)
    bedded.witness()
    for network in NETWORKS:
        bedded.bed.join(network, other)
    bedded.until_later(epoch)
    assert bedded.primary() == first


def test_the_networks_one_after_the_other(bedded: OnBed) -> None:
    """Each for a moment that makes nobody silent."""
    first = bedded.primary()
    before = bedded.mark(first)

    for network in (ADMIN, LOG, ARBITRATION):
        bedded.bed.cut(network, first)
        time.sleep(1)
        bedded.bed.join(network, first)
        wait_until(bedded.is_switchable, "switchable", PATIENCE, 0.1)

    bedded.commits()
    assert bedded.mark(first) == before, bedded.shown()
