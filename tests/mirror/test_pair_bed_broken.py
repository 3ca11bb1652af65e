"""A pair on the bed whose disks fail, hang, are full or read-only: make pair-long."""

from __future__ import annotations

import json

import pytest

from fixtures.pair.place import OTHER
from fixtures.pair_bed.bed import DATA, MC, why_not
from tests.mirror.bed_stories import OnBed
from tests.mirror.pair_told import until_told, until_traced

pytestmark = [
    pytest.mark.root,
    pytest.mark.one_postgres,
    pytest.mark.long,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]


@pytest.mark.parametrize("verb", ["fail", "turn_read_only", "hang"])
def test_a_primary_whose_data_disk_breaks_is_taken_over_from(
    bedded: OnBed, verb: str
) -> None:
    """One that hangs keeps its server from ending: the pen goes on once that is given up."""
    first = bedded.primary()

    getattr(bedded.bed.disks[first][DATA], verb)()

    bedded.takes_over_from(first)
    if verb == "hang":
        shows_dead_disk(bedded, first, "none(inactivated primary)")
        until_told(bedded, OTHER[first], f'server "{first}" is deposed')
    reboot(bedded, first)


@pytest.mark.parametrize("verb", ["fail", "turn_read_only", "hang"])
def test_a_standby_whose_data_disk_breaks_is_disconnected(
    bedded: OnBed, verb: str
) -> None:
    first, other = bedded.primary(), bedded.standby()

    getattr(bedded.bed.disks[other][DATA], verb)()

    bedded.goes_on_alone(first)
    if verb == "hang":
        shows_dead_disk(bedded, other, "standby")
    else:
        reboot(bedded, other)


@pytest.mark.parametrize("verb", ["fail", "turn_read_only", "hang", "fill"])
def test_the_disk_of_the_management_directory_switches_nothing(
    bedded: OnBed, verb: str
) -> None:
    """It holds configuration and logs; what is promised lies in the data directory."""
    first = bedded.primary()
    before = bedded.mark(first)

    getattr(bedded.bed.disks[first][MC], verb)()

    bedded.nobody_switches(before)
    if verb in ("fail", "turn_read_only"):
        reboot(bedded, first)


def test_a_full_data_disk_of_the_primary_is_told(bedded: OnBed) -> None:
    first = bedded.primary()
    before, since = bedded.mark(first), len(bedded.trace(first))

    bedded.bed.disks[first][DATA].fill()

    until_traced(bedded, first, "is full", since)
    bedded.bed.disks[first][DATA].empty()
    bedded.commits()
    assert bedded.mark(first) == before


def shows_dead_disk(pair: OnBed, name: str, role: str) -> None:
    """See what the other server shows of *name*: its role, the disk, and that as a reason."""
    until_told(pair, OTHER[name], f'disk of server "{name}": abnormal(')
    said = pair.mc_ctl(OTHER[name], "status", "--output=json", check=False).stdout
    (row,) = (row for row in json.loads(said)["servers"] if row["server_id"] == name)
    assert (row["host_role"], row["host_status"]) == (role, "normal")
    assert row["disk_status"].startswith("abnormal(")


def reboot(pair: OnBed, name: str) -> None:
    """What else gives a node its disk back."""
    assert pair.bed.panic(name)
    pair.bed.boot(name)
