"""Files of an older version are read, and read by it: what is written has its form."""

from __future__ import annotations

import pytest

from pgx_base import locks
from pgx_pclrsc import beacon, monitors, record
from pgx_pclrsc.core import codec
from tests.older import monitor
from tests.older.installation import RECORDED, recorded

RECORDS = sorted(path.name for path in RECORDED.glob("record.*"))
WITH_WORDS = [name for name in RECORDS if recorded(name).strip()]


@pytest.mark.parametrize("name", WITH_WORDS)
def test_the_places_that_are_told_are_those_of_what_was_recorded(name: str) -> None:
    data = recorded(name)

    assert monitor.with_words(data, {}) == data
    assert monitor.with_words(data, {monitor.INODE: 7}) != data


@pytest.mark.parametrize("name", WITH_WORDS)
def test_a_record_is_read_and_would_be_written_the_same(name: str) -> None:
    data = recorded(name)
    words = monitor.words_of(data)
    found = record.decode(data)

    assert found is not None
    assert [str(value) for value in found.values()] == [*words[1:], ""][:12]
    assert record.encode(found) == data


def test_a_record_of_a_registration_says_nothing() -> None:
    assert record.decode(recorded("record.registered")) is None


def test_places_on_the_beacon_are_those_of_before() -> None:
    words = monitor.words_of(recorded("record.online"))
    postmaster = int(words[monitor.POSTMASTER]), int(words[monitor.START])
    until = int(words[monitor.GOOD_UNTIL])
    lines = recorded("beacon.locks").decode().splitlines()
    held = {int(line.split()[-1]) for line in lines}

    assert held == {beacon.fresh(until), beacon.online(postmaster)}
    assert held == {
        monitor.FRESH + until,
        monitor.ONLINE_IS + monitor.ident(*postmaster),
    }
    assert locks.process(max(held)) == postmaster


def test_a_latched_fault_is_that_of_its_postmaster() -> None:
    head = recorded("entry.latched").split(maxsplit=2)
    place = int(recorded("beacon.latched").split()[1])

    assert place == beacon.faulted((int(head[0]), int(head[1])))


def test_a_definition_is_read() -> None:
    found = codec.decode(recorded("definition.toml").decode())

    assert (found.name, found.os_user, found.uid) == ("pgxtest", "postgres", 101)
    assert found.data_directory == "/srv/pg1/home/data"
    assert found.nodes == ("node1RMS",)
    assert found.groups == (103, 104)
    assert dict(found.env) == {
        "OLDER_NOTE": 'a "quoted" word, a \\ and = signs',
        "PGTZ": "Europe/Berlin",
    }


@pytest.mark.parametrize("name", ["cmdline.online", "cmdline.check"])
def test_a_monitor_is_told_by_its_command_line(name: str) -> None:
    assert monitors.is_monitor(recorded(name).decode().split("\0")[:-1])
