"""The procedures of docs/pair_procedures.md, the manual's chapter 7, on real pairs."""

from __future__ import annotations

import pytest

from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from fixtures.pair.place import A, B
from fixtures.processes import wait_until
from tests.fix_postgres import open_directory
from tests.mirror.played import procedure
from tests.mirror.whole import PATIENCE, Whole, whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]
LOST = "select wal_status = 'lost' from pg_replication_slots"


def automatics(pair: Whole, word: str) -> None:
    """Have both controllers act on errors, or not."""
    for name in (A, B):
        pair.mc_ctl(name, f"{word}-failover")


@pytest.mark.parametrize("word", ["enable", "disable"])
def test_a_switch_on_either_server(leading: Whole, word: str) -> None:
    with procedure("7.3 Switching by hand", leading) as steps:
        automatics(leading, word)
        steps.run(2)
        leading.commits()
        leading.witness()
        assert leading.holders() == [B]
        automatics(leading, "enable")
        steps.run(4)
        leading.settles()
        steps.run()

    assert leading.primary() == A


@pytest.mark.parametrize("word", ["enable", "disable"])
def test_the_standby_is_disconnected_by_a_stop(leading: Whole, word: str) -> None:
    with procedure("7.4 Disconnecting the standby by hand", leading) as steps:
        automatics(leading, word)
        steps.run(2)
        leading.commits()
        assert leading.processes(B) == []
        assert leading.holders() == [A]
        leading.mc_ctl(A, "enable-failover")
        steps.run()

    assert leading.primary() == A


def test_the_standby_is_disconnected_and_runs(leading: Whole) -> None:
    heading = "7.4 Disconnecting the standby, its instance left running"
    with procedure(heading, leading) as steps:
        steps.run(2)
        leading.commits()
        assert leading.asks(B, "select pg_is_in_recovery()") == "t"
        steps.run()


def test_both_are_stopped_for_maintenance(leading: Whole) -> None:
    with procedure("7.6.2 Stopping both servers for maintenance", leading) as steps:
        steps.run(3)
        assert (leading.processes(A), leading.processes(B)) == ([], [])
        assert leading.holders() == []
        steps.run()

    assert leading.primary() == A


def test_the_primary_is_maintained_without_its_standby(leading: Whole) -> None:
    with procedure("7.7.1 The standby is stopped", leading) as steps:
        steps.run(3)
        leading.commits()
        steps.run(1)
        assert leading.left() == leading.processes(A) + leading.left()
        steps.run(1)
        leading.commits()
        steps.run()

    assert leading.primary() == A


def test_a_standby_whose_log_is_gone_is_copied(leading: Whole) -> None:
    leading.mc_ctl(B, "stop")
    for setting in ("max_slot_wal_keep_size = '1MB'", "wal_keep_size = 0"):
        leading.asks(A, f"alter system set {setting}")
    leading.reload(A)
    wait_until(lambda: is_lost(leading), "the log is gone", PATIENCE, 0.5)
    leading.asks(A, "alter system reset all")
    leading.reload(A)

    with procedure("7.7.1 The standby was away for too long", leading) as steps:
        steps.run()

    assert leading.primary() == A


def is_lost(pair: Whole) -> bool:
    """Write a file of log, and make a checkpoint; return whether the slot has lost what it kept."""
    pair.asks(A, "select pg_switch_wal()")
    pair.commits()
    pair.asks(A, "checkpoint")
    return pair.asks(A, LOST) == "t"


def test_a_pair_becomes_a_single_server(postgresql: Binaries, os_user: OsUser) -> None:
    with (
        open_directory(os_user) as place,
        whole(place / "home", postgresql, os_user) as pair,
    ):
        with procedure("7.7.3 From a pair to a single server", pair) as steps:
            steps.run()

        pair.commits()
        assert pair.client.missing() == []
        assert not pair.data(A).exists() and not pair.mcdir(B).exists()
