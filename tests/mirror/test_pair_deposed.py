"""A primary that was taken over from, started first and alone after both were down.

Where a register has decided it is refused, or stopped at once, and shown as deposed; where
nobody can be asked it is shown as a primary that waits.  Nothing is acknowledged by it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fixtures.binaries import Binaries
from fixtures.etcd import ETCD
from fixtures.needs import missing
from fixtures.os_user import OsUser
from fixtures.pair.place import ARBITER, OTHER
from fixtures.processes import wait_until
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR
from pgx_mirror.core.status.values import OLD_PRIMARY, PRIMARY
from tests.fix_postgres import open_directory
from tests.mirror.fences import Fences
from tests.mirror.pair_told import until_told
from tests.mirror.test_pair_etcd import WithEtcd
from tests.mirror.test_pair_forced import silent
from tests.mirror.whole import PATIENCE, Whole, whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]

LONG = 12.0  # seconds: more than twice what makes a server silent


@contextmanager
def a_pair(
    policy: str, programs: Path, postgresql: Binaries, os_user: OsUser
) -> Iterator[Whole]:
    kind = WithEtcd if policy == ETCD else Whole
    action = "arbitration" if policy == ETCD else policy
    with open_directory(os_user) as place:
        home, conf = place / "home", {}
        if policy == "command":
            conf = Fences(programs, home, os_user).conf()
        options: dict[str, Any] = {"policy": action, "conf": conf, "kind": kind}
        with whole(home, postgresql, os_user, **options) as made:
            yield made


@pytest.fixture
def pair(
    request: pytest.FixtureRequest,
    program_home: Path,
    postgresql: Binaries,
    os_user: OsUser,
) -> Iterator[Whole]:
    policy = request.param
    if policy == ETCD and (reason := missing("etcd", "etcdctl")):
        pytest.skip(reason)
    with a_pair(policy, program_home, postgresql, os_user) as made:
        yield made


def taken_over(pair: Whole) -> tuple[str, str]:
    """Have the standby take over from a dead primary, and power fail there too."""
    first, other = pair.primary(), pair.standby()
    pair.power_off(first)
    if pair.policy == "message":
        silent(pair, other)
        pair.forced(other, "switch")
    wait_until(lambda: pair.mark(other).state == ALONE, "it takes over", PATIENCE)
    pair.commits()
    pair.power_off(other)
    assert pair.mark(first).state == PAIR
    return first, other


def shown(pair: Whole, name: str) -> dict[str, Any]:
    """Return what status on *name* says, and by whom: host_role by server."""
    done = pair.mc_ctl(name, "status", "--output=json", check=False)
    assert done.returncode == 3
    found: dict[str, Any] = json.loads(done.stdout)
    found["roles"] = {row["server_id"]: row["host_role"] for row in found["servers"]}
    found["texts"] = [why["text"] for why in found["reasons"]]
    return found


def runs(pair: Whole, name: str) -> set[int]:
    """Return the processes of *name*'s server, whatever its files say."""
    return set(pair.of_server(name)) - set(pair.controllers(name))


def acknowledges_nothing(pair: Whole, seconds: float) -> None:
    """See that the client, with both hosts in its list, is told of no commit for so long."""
    since = time.monotonic()
    time.sleep(seconds)
    assert pair.client.first_after(since) is None


def comes_back(pair: Whole, first: str) -> None:
    """Start the server that has taken over: clients find it, and *first* is to be rebuilt."""
    other, since = OTHER[first], time.monotonic()
    assert pair.start(other).returncode == 0
    port = pair.servers[other].port
    wait_until(lambda: pair.client.first_after(since, port), "a commit", PATIENCE)
    wait_until(lambda: pair.mark(first).state == GIVEN, "deposed", PATIENCE)
    wait_until(lambda: not runs(pair, first), "stopped", PATIENCE)
    pair.witness()
    wait_until(lambda: pair.status(other) == "switched", "switched", PATIENCE)
    assert shown(pair, other)["roles"] == {first: OLD_PRIMARY, other: PRIMARY}
    assert shown(pair, first)["roles"][first] == OLD_PRIMARY
    pair.rebuild(first)
    pair.settles()


REGISTERS = pytest.mark.parametrize("pair", ["arbitration", ETCD], indirect=True)
OTHERS = pytest.mark.parametrize(
    "pair", ["message", "command", "fallback"], indirect=True
)


@REGISTERS
def test_first_up_and_alone_it_is_shown_as_deposed(pair: Whole) -> None:
    first, _ = taken_over(pair)

    refused = pair.start(first)

    assert refused.returncode == 1
    assert "mc_ctl setup" in refused.stderr
    assert pair.mark(first).state == GIVEN
    assert not runs(pair, first)
    found = shown(pair, first)
    assert found["mirroring_status"] == "unknown"
    assert found["roles"][first] == OLD_PRIMARY
    assert (
        f'server "{first}" is deposed: the other server is the primary'
        in (found["texts"])
    )
    acknowledges_nothing(pair, 2)
    comes_back(pair, first)


@REGISTERS
def test_one_that_was_started_by_hand_is_stopped_immediately(pair: Whole) -> None:
    """Its commits wait; whoever waits for one loses his session, and goes to the other."""
    first, _ = taken_over(pair)
    pair.servers[first].start_plain()
    waiting = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'"
    with ThreadPoolExecutor() as beside, pair.session(first) as session:
        commit = beside.submit(session.execute, "insert into ledger values (-1)")
        wait_until(lambda: pair.asks(first, waiting) != "0", "it waits", PATIENCE)

        refused = pair.start(first)

        assert refused.returncode == 1
        with pytest.raises(psycopg.OperationalError):
            commit.result(PATIENCE)
    assert not runs(pair, first)
    assert "received immediate shutdown request" in pair.servers[first].log()
    assert shown(pair, first)["roles"][first] == OLD_PRIMARY
    acknowledges_nothing(pair, 2)
    comes_back(pair, first)


@REGISTERS
def test_without_the_register_it_waits_and_says_for_whom(pair: Whole) -> None:
    first, other = taken_over(pair)
    stop_register(pair)

    pair.start(first)

    what = "etcd" if pair.register == ETCD else "the arbiter"
    until_told(pair, first, f"Bring back {what}")
    waits(pair, first)
    acknowledges_nothing(pair, LONG)
    waits(pair, first)
    assert f'server "{first}" does not reach {what}' in shown(pair, first)["texts"]

    pair.start_arbiter()
    wait_until(lambda: pair.mark(first).state == GIVEN, "deposed", PATIENCE)
    wait_until(lambda: not runs(pair, first), "stopped", PATIENCE)
    assert shown(pair, first)["roles"] == {first: OLD_PRIMARY, other: "unknown"}
    comes_back(pair, first)


@OTHERS
def test_where_nobody_can_be_asked_it_is_shown_as_a_primary_that_waits(
    pair: Whole,
) -> None:
    first, _ = taken_over(pair)

    assert pair.start(first).returncode == 0

    until_told(pair, first, "nobody can say whether it has taken over")
    waits(pair, first)
    assert "mc_ctl detach --force here" in pair.told(first)
    acknowledges_nothing(pair, LONG)
    waits(pair, first)
    comes_back(pair, first)


def stop_register(pair: Whole) -> None:
    if pair.register == ETCD:
        pair.etcd.stop()
    else:
        pair.run("mc_arb", "stop", "-M", pair.mcdir(ARBITER), on=ARBITER)


def waits(pair: Whole, first: str) -> None:
    """See a primary that serves readers, whose commits wait, and that is first said."""
    found = shown(pair, first)
    other = OTHER[first]
    assert found["mirroring_status"] == "not-switchable"
    assert found["roles"] == {first: PRIMARY, other: "unknown"}
    assert found["texts"][0] == f'server "{other}" is silent, and commits wait for it'
    assert pair.mark(first).state == PAIR
    assert pair.asks(first, "select count(*) > 0 from ledger") == "t"
