"""The procedures of docs/pair_procedures_errors.md, the manual's chapter 8, on a real pair.

The tests strike; what is done about it is the page's.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGCONT

import pytest

from fixtures import processes
from fixtures.pair.place import A, B
from fixtures.processes import wait_until
from pgx_mirror.core.mark import ALONE
from tests.mirror.played import procedure
from tests.mirror.whole import PATIENCE, Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]


def kill_postmaster(pair: Whole, name: str) -> None:
    """SIGKILL for *name*'s postmaster; its controller lives."""
    pid = pair.servers[name].pid()
    assert pid is not None
    processes.kill(pid)


@contextmanager
def frozen(pair: Whole, name: str, *, controller: bool = False) -> Iterator[set[int]]:
    """Have all of *name* hang, or its controller alone, until this ends."""
    find = pair.controllers if controller else pair.processes
    found = processes.freeze(lambda: find(name))
    try:
        yield found
    finally:
        for pid in found:
            processes.kill(pid, SIGCONT)


def saved(pair: Whole, name: str) -> Path:
    """Return a backup of *name*'s management directory, as 6.11.1 has it made."""
    made = pair.home / f"backup-{name}" / "mcdir-inst1"
    shutil.rmtree(made.parent, ignore_errors=True)
    made.mkdir(parents=True)
    for file in pair.mcdir(name).iterdir():
        if file.suffix == ".conf" or file.name == "secret":
            shutil.copy2(file, made)
            pair.user.own(made / file.name)
    for path in (made.parent, made):
        pair.user.own(path)
    return made


def lose_conf(pair: Whole, name: str) -> None:
    """Have *name*'s management directory lose what a backup has of it."""
    for file in saved(pair, name).iterdir():
        (pair.mcdir(name) / file.name).unlink()


def taken_over(pair: Whole, by: str) -> None:
    """Wait until *by* holds the pen and commits."""
    wait_until(lambda: pair.mark(by).state == ALONE, "it has it", PATIENCE)
    pair.commits()
    pair.witness()


def hangs(pair: Whole) -> None:
    """See that no commit passes."""

    def passes_none(seconds: int = 2) -> bool:
        rows = len(pair.client.acknowledged())
        time.sleep(seconds)
        return len(pair.client.acknowledged()) == rows

    wait_until(passes_none, "commits hang", PATIENCE)
    # On a slow machine two seconds may be without a commit though they pass.
    assert passes_none(5)


def test_a_switch_its_recovery_and_the_failback(leading: Whole) -> None:
    with procedure("8.1.1 After a switch", leading) as steps:
        kill_postmaster(leading, A)
        steps.run(2)
        taken_over(leading, B)
        lose_conf(leading, A)
        steps.run()
    leading.settles()
    assert leading.primary() == B

    with procedure("8.1.1.3 Failback of the primary", leading) as steps:
        steps.run(2)
        taken_over(leading, A)
        steps.run()
    assert leading.primary() == A


def test_a_server_that_does_not_stop(leading: Whole) -> None:
    heading = "8.1.1.1.1 The failed server does not stop"
    with procedure(heading, leading) as steps:
        with frozen(leading, A):
            taken_over(leading, B)
            steps.run(2)
        steps.run()

    assert leading.primary() == B


def test_a_host_that_was_off(leading: Whole) -> None:
    heading = "8.1.1.1.3 The failed server's host was off"
    with procedure(heading, leading) as steps:
        leading.power_off(A)
        steps.run(1)
        taken_over(leading, B)
        steps.run()

    assert leading.primary() == B


def test_a_primary_whose_disk_was_damaged(leading: Whole) -> None:
    heading = "8.1.1.1.3 The failed server's disk was damaged"
    with procedure(heading, leading) as steps:
        kill_postmaster(leading, A)
        taken_over(leading, B)
        damage(leading, A)
        steps.run()

    assert leading.primary() == B
    assert leading.asks(A, "select count(*) > 0 from pg_attribute") == "t"


def damage(pair: Whole, name: str) -> None:
    """Overwrite what *name*'s directory has of a table; nobody looks there before it is read."""
    (pair.data(name) / "base/1/1249").write_bytes(b"x" * 65536)


def test_a_disconnection_and_its_recovery(leading: Whole) -> None:
    with procedure("8.1.2 After a disconnection", leading) as steps:
        kill_postmaster(leading, B)
        steps.run(1)
        taken_over(leading, A)
        steps.run(1)
        lose_conf(leading, B)
        steps.run()

    assert leading.primary() == A


def test_a_standby_whose_disk_was_damaged(leading: Whole) -> None:
    heading = "8.1.2.1.3 The standby's disk was damaged"
    with procedure(heading, leading) as steps:
        kill_postmaster(leading, B)
        taken_over(leading, A)
        damage(leading, B)
        steps.run()

    assert leading.primary() == A
    assert leading.asks(B, "select count(*) > 0 from pg_attribute") == "t"


def test_the_automatic_switch_has_failed(leading: Whole) -> None:
    with procedure("8.2 The automatic switch has failed", leading) as steps:
        leading.mc_ctl(A, "disable-failover")
        leading.mc_ctl(B, "disable-failover")
        with frozen(leading, A):
            hangs(leading)
            steps.run(3)
            taken_over(leading, B)
            steps.run(1)
        steps.run()

    assert leading.primary() == B


def test_a_primary_that_only_streams_is_stopped_by_hand(leading: Whole) -> None:
    heading = "8.2 The automatic switch has failed: by a stop of the primary"
    with procedure(heading, leading) as steps:
        with frozen(leading, A, controller=True):
            steps.run(6)
        taken_over(leading, B)
        steps.run()

    assert leading.primary() == B


def test_the_automatic_disconnection_has_failed(leading: Whole) -> None:
    heading = "8.3 The automatic disconnection has failed"
    with procedure(heading, leading) as steps:
        leading.mc_ctl(A, "disable-failover")
        with frozen(leading, B):
            steps.run(1)
            hangs(leading)
            steps.run(3)
            taken_over(leading, A)
        steps.run()

    assert leading.primary() == A
