"""The cheap ones of a pair's bad times, on one pair; the others: `make pair-long`."""

from __future__ import annotations

import time

import pytest

from fixtures.processes import wait_until
from pgx_mirror.core.mark import ALONE, OUT
from tests.mirror.striking import ALL, DETACH, PRIMARY, Strike, Striking
from tests.mirror.whole import PATIENCE, Whole

pytestmark = pytest.mark.one_postgres


@pytest.mark.root
def test_killed_while_it_takes_the_names_out(
    mirrored: Whole,
) -> None:
    """Behind postgresql.conf's rename, or the fsync of its directory."""
    striking = Striking(mirrored, Strike(DETACH, PRIMARY, 5, ALL))
    at = striking.run()

    assert at, f"it has fewer calls: {striking.said}"
    mirrored.settles()


def test_alter_system_is_taken_back(mirrored: Whole) -> None:
    first, before = mirrored.primary(), mirrored.epoch()

    mirrored.asks(first, "alter system set synchronous_standby_names = ''")
    mirrored.reload(first)

    mirrored.until_later(before)
    assert mirrored.primary() == first
    auto = (mirrored.servers[first].data / "postgresql.auto.conf").read_text()
    assert "synchronous_standby_names" not in auto


def test_a_standby_promoted_by_hand_is_stopped_and_the_primary_goes_on(
    mirrored: Whole,
) -> None:
    first, other = mirrored.primary(), mirrored.standby()
    since = time.monotonic()

    # Who waited for the promotion would be ended with the server.
    mirrored.asks(other, "select pg_promote(false)")

    wait_until(lambda: mirrored.mark(other).state == OUT, "it is out", PATIENCE)
    wait_until(lambda: mirrored.mark(first).state == ALONE, "alone", PATIENCE)
    wait_until(lambda: mirrored.servers[other].pid() is None, "stopped", PATIENCE)
    mirrored.commits()
    port = mirrored.servers[other].port
    rows = [row for row in mirrored.client.acknowledged() if row.at > since]
    assert not [row for row in rows if row.port == port]
    mirrored.witness()
    mirrored.rebuild(other)
