"""After an installation over an older one: Check beside its monitor and scripts.

What the older version has written is put down as it was recorded, and a stand-in keeps it
as its monitor did (tests/older): nothing of that is made by the code under test.
"""

from __future__ import annotations

import signal
import time

import pytest

from fixtures.processes import gone, kill, wait_until
from pgx_base import locks
from tests.fix_resource import FAULTED, ONLINE
from tests.older import monitor
from tests.older.after import is_online_under_us, shape
from tests.older.installation import Older, recorded
from tests.older.script import works

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]


@pytest.mark.parametrize("by", ["online", "check"])
def test_check_answers_from_its_record_and_starts_no_monitor_beside_it(
    older: Older, by: str
) -> None:
    pid = older.online(by)
    resource = older.resource
    before = (resource.work / "monitor.lock").read_bytes()
    for _ in range(5):
        said = resource.run("pgx_check", resource.name)
        assert (said.returncode, said.stderr) == (ONLINE, "")

    assert resource.monitor() == pid
    assert resource.known().state == "online"
    assert (resource.work / "monitor.lock").read_bytes() == before, "no start was noted"


def test_check_says_faulted_when_it_says_so(older: Older) -> None:
    """The server still runs: nothing but the record has the fault and its reason."""
    older.online()
    older.end_monitor(signal.SIGUSR1)
    resource = older.resource
    resource.wait_for(FAULTED)
    said = resource.run("pgx_check", resource.name)

    reason = monitor.words_of(recorded("record.faulted"))[monitor.REASON]
    assert f'resource "{resource.name}" is faulted: {reason}' in said.stderr
    kill(resource.known().monitor)
    older.has_ended()
    assert resource.check() == FAULTED


def test_check_hears_it_where_it_can_write_nothing(older: Older) -> None:
    """By the beacon alone, and for good: Check keeps in it what it has heard."""
    pid = older.online()
    resource = older.resource
    older.end_monitor(signal.SIGUSR2)
    resource.wait_for(FAULTED)
    assert resource.known().state == "online"
    kill(pid)
    older.has_ended()

    assert resource.check() == FAULTED


def test_a_fault_that_its_check_has_heard_stays_one(older: Older) -> None:
    pid = older.online()
    older.latched(older.resource.known().postmaster)
    assert older.resource.check() == FAULTED
    kill(pid)
    assert older.resource.check() == FAULTED


def test_the_end_of_its_postmaster_is_a_fault(older: Older) -> None:
    older.online()
    postmaster = older.resource.known().postmaster
    kill(postmaster)
    wait_until(lambda: gone(postmaster), "the postmaster is gone")

    assert older.resource.check() == FAULTED
    older.has_ended()
    assert older.resource.check() == FAULTED


def test_the_end_of_its_postmaster_is_a_fault_though_nobody_says_so(
    older: Older,
) -> None:
    """Without its monitor and the entry its record alone can tell."""
    pid = older.online()
    postmaster = older.resource.known().postmaster
    kill(pid)
    older.has_ended()
    kill(postmaster)
    wait_until(lambda: gone(postmaster), "the postmaster is gone")
    older.entry.unlink()

    assert older.resource.check() == FAULTED


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_check_starts_ours_where_it_does_not_watch_any_more(
    older: Older, how: str
) -> None:
    pid = older.online()
    resource = older.resource
    before = resource.known()
    if how == "killed":
        kill(pid)
        older.has_ended()
    else:
        kill(pid, signal.SIGSTOP)
        past = {monitor.GOOD_UNTIL: before.good_until - 60_000}
        data = (resource.work / "record").read_bytes()
        older.in_place("record", monitor.with_words(data, dict(past)))
    assert resource.check() == ONLINE

    wait_until(lambda: resource.monitor() not in (None, pid), "ours watches", 60)
    is_online_under_us(older, pid)
    after = resource.known()
    assert (after.postmaster, after.start) == (before.postmaster, before.start)
    assert after.generation == before.generation
    lock = (resource.work / "monitor.lock").read_bytes()
    assert shape(lock) == shape(recorded("monitor.lock.check"))


def test_a_monitor_that_its_check_has_just_started_is_waited_for(older: Older) -> None:
    pid = older.online()
    kill(pid)
    older.has_ended()
    older.check_has_started(seconds_ago=0)
    was = (older.resource.work / "monitor.lock").read_bytes()
    assert older.resource.check() == ONLINE
    time.sleep(0.5)

    assert (older.resource.work / "monitor.lock").read_bytes() == was
    assert not older.resource.monitor_runs()


def test_check_changes_nothing_while_an_older_offline_works(older: Older) -> None:
    """Its server ends on purpose; who it was is said until it is done."""
    pid = older.online()
    with works(older, "offline", locks.OFFLINE):
        assert older.resource.check() == ONLINE
        older.resource.server.stop(signal.SIGINT)
        wait_until(lambda: gone(pid), "it goes with its server")
        assert older.resource.check() == ONLINE
    assert older.resource.check() == FAULTED
