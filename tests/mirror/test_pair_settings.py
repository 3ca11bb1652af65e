"""A pair under settings and loads that it cannot work with: told, and nothing stuck."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from fixtures.processes import wait_until
from pgx_mirror.core.mark import ALONE
from tests.mirror.whole import PATIENCE, Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]


def restart(pair: Whole, name: str, *options: str) -> None:
    """Stop *name*'s server and start it by hand, while its controller is away."""
    pair.mc_ctl(name, "stop", "--mc-only")
    pair.servers[name].stop()
    pair.servers[name].start_plain(*options)
    assert pair.start(name).returncode == 0


@contextmanager
def nothing_is_switched(pair: Whole) -> Iterator[None]:
    """See that who was primary is so in the same epoch afterwards."""
    before = pair.mark(pair.primary())
    yield
    assert pair.mark(before.owner) == before


def test_max_connections_raised_on_the_primary_alone(mirrored: Whole) -> None:
    first, other = mirrored.primary(), mirrored.standby()
    mirrored.edit(first, "max_connections = '40'", "max_connections = '60'")

    restart(mirrored, first)
    wait_until(
        lambda: "could not be promoted" in mirrored.told(first), "it is told", PATIENCE
    )
    mirrored.commits()
    refused = mirrored.mc_ctl(first, "switch", check=False)
    assert refused.returncode == 1, refused.stdout
    assert "max_connections" in refused.stderr

    mirrored.edit(other, "max_connections = '40'", "max_connections = '60'")
    mirrored.mc_ctl(other, "stop")
    assert mirrored.start(other).returncode == 0


def test_no_wal_sender_is_allowed(mirrored: Whole) -> None:
    first, other = mirrored.primary(), mirrored.standby()
    mirrored.edit(first, "max_wal_senders = '10'", "max_wal_senders = '0'")

    restart(mirrored, first)
    wait_until(lambda: mirrored.mark(first).state == ALONE, "alone", PATIENCE)
    mirrored.commits()
    assert "not-switchable" in mirrored.told(first)

    mirrored.edit(first, "max_wal_senders = '0'", "max_wal_senders = '10'")
    mirrored.mc_ctl(first, "stop")
    assert mirrored.start(first).returncode == 0
    assert mirrored.standby() == other


def test_names_on_the_command_line_of_a_server_started_by_hand(mirrored: Whole) -> None:
    first = mirrored.primary()

    restart(mirrored, first, "-c", "synchronous_standby_names=")
    try:
        wait_until(lambda: mirrored.mark(first).state == ALONE, "alone", PATIENCE)
        mirrored.commits()
        wait_until(lambda: "command line" in mirrored.told(first), "told", PATIENCE)
        assert mirrored.mark(first).state == ALONE
    finally:
        mirrored.mc_ctl(first, "stop")
        assert mirrored.start(first).returncode == 0


def test_template1_is_locked(mirrored: Whole) -> None:
    first = mirrored.primary()
    with (
        nothing_is_switched(mirrored),
        psycopg.connect(mirrored.conninfo_of(first, "template1")) as held,
    ):
        held.execute("lock table pg_class in access exclusive mode")
        mirrored.goes_on_for(12)


def test_all_connections_are_used(mirrored: Whole) -> None:
    first = mirrored.primary()
    with nothing_is_switched(mirrored):
        taken = []
        try:
            while True:
                taken.append(mirrored.session(first))
        except psycopg.OperationalError as ex:
            assert "too many clients" in str(ex)
        mirrored.goes_on_for(12)
        for one in taken:
            one.close()
