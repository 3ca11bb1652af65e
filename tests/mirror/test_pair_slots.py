"""The standby's slot where its limit is taken away: told, since it would fill the disk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.processes import wait_until
from pgx_mirror.core import slot_name
from tests.mirror.whole import PATIENCE, Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]
LIMIT = "max_slot_wal_keep_size"


def limited(pair: Whole, value: str) -> None:
    """Give both servers that limit, as a hand outside does."""
    for server in pair.servers.values():
        server.configure(**{LIMIT: value})
    for name in pair.servers:
        pair.reload(name)
        shown = f"show {LIMIT}"
        wait_until(lambda: pair.asks(name, shown) == value, "it is read")  # noqa: B023


@pytest.fixture
def endless(mirrored: Whole) -> Iterator[Whole]:
    """A pair whose slots have no limit any more."""
    limited(mirrored, "-1")
    yield mirrored
    limited(mirrored, "256MB")


def test_a_slot_without_a_limit_is_told_while_the_pair_runs_and_at_a_start(
    endless: Whole,
) -> None:
    first, other = endless.primary(), endless.standby()
    slot = slot_name.of(other)
    text = f'replication slot "{slot}" of this server keeps the log without a limit'

    wait_until(lambda: text in endless.trace(first), "told", PATIENCE)

    assert text not in endless.trace(other)
    endless.mc_ctl(first, "stop", "--mc-only")
    started = endless.start(first)
    assert f"mc_ctl: warning: {text}\n" in started.stderr
    endless.settles()
    # Its standby goes on by it; where a hand drops it none is made without a limit.
    there = "select count(*) from pg_replication_slots where active"
    assert endless.asks(first, there) == "1"
