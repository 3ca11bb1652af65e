"""pgx_check on records written by hand: each row of its table."""

from __future__ import annotations

import subprocess
import time

import pytest

from pgx_base import locks, proc
from pgx_pclrsc.core import names
from pgx_pclrsc.record import Record
from tests.fix_place import FAULTED, OFFLINE, ONLINE, Place


def _answer(place: Place, code: int) -> None:
    done = place.check()
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_no_record_is_offline_without_a_word(place: Place) -> None:
    _answer(place, OFFLINE)


def test_a_watched_online_record_is_online(place: Place, process: int) -> None:
    place.write("online", process)
    place.hold(names.MONITOR_LOCK, locks.MONITOR)

    _answer(place, ONLINE)


def test_a_missing_monitor_is_no_fault(place: Place, process: int) -> None:
    place.write("online", process)

    _answer(place, ONLINE)


def test_a_hung_monitor_is_no_fault(place: Place, process: int) -> None:
    place.write("online", process, good_for=-1)
    place.hold(names.MONITOR_LOCK, locks.MONITOR)

    _answer(place, ONLINE)


def test_a_postmaster_that_is_gone_is_a_fault_named_on_stderr(
    place: Place, gone: int
) -> None:
    place.write("online", gone)
    done = place.check()

    assert done.returncode == FAULTED
    assert done.stderr == (
        'pgx_check: error: resource "pg1" is faulted: its postmaster is gone\n'
    )


def test_a_zombie_is_dead(place: Place) -> None:
    child = subprocess.Popen(["true"])
    while (stat := proc.read_stat(child.pid)) and stat[0] != "Z":
        time.sleep(0.01)
    place.write("online", child.pid)

    assert place.check().returncode == FAULTED
    child.wait()


def test_a_number_that_is_used_again_is_another_process(
    place: Place, process: int
) -> None:
    boot = proc.boot_id()
    place.write_record(Record("g", boot, "online", postmaster=process, start=1))

    assert place.check().returncode == FAULTED


def test_a_faulted_record_is_faulted_whoever_lives(place: Place, process: int) -> None:
    place.write("faulted", process, good_for=-100)
    place.hold(names.MONITOR_LOCK, locks.MONITOR)
    done = place.check()

    assert done.returncode == FAULTED
    assert done.stderr == (
        'pgx_check: error: resource "pg1" is faulted: no answer within 3 s\n'
    )


def test_a_record_of_another_boot_is_none(place: Place, process: int) -> None:
    place.write_record(Record("g", "another-boot", "faulted", postmaster=process))

    _answer(place, OFFLINE)


@pytest.mark.parametrize("state", ["starting", "none"])
def test_until_the_first_online_record_it_is_offline(
    place: Place, process: int, state: str
) -> None:
    place.write(state, process)

    _answer(place, OFFLINE)


@pytest.mark.parametrize(
    ("state", "want"), [("online", ONLINE), ("faulted", FAULTED), ("none", OFFLINE)]
)
def test_a_running_offline_leaves_the_state_as_found(
    place: Place, gone: int, state: str, want: int
) -> None:
    place.write(state, gone)
    place.hold(names.TRANSITION_LOCK, locks.EXCLUSIVE, locks.OFFLINE)

    assert place.check().returncode == want


def test_a_running_online_changes_nothing(place: Place, process: int) -> None:
    place.write("online", process)
    place.hold(names.TRANSITION_LOCK, locks.EXCLUSIVE, locks.ONLINE)

    _answer(place, ONLINE)
