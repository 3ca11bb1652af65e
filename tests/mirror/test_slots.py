"""The standby's replication slot: made by who is the primary, left behind by nobody."""

from __future__ import annotations

import time

import pytest

from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_mirror.core import slot_name
from pgx_mirror.database.slots import SlotKeeper
from tests.fix_pair import MakePair, access
from tests.fix_postgres import MakeServer

SLOT = slot_name.of("nd-2")
LIMITED = {"max_slot_wal_keep_size": "1GB"}


def slots(server: Server) -> str:
    return server.ask(
        "select coalesce(string_agg(slot_name, ','), '') from pg_replication_slots"
    )


def seen_to(keeper: SlotKeeper, now: float, *, recovery: bool) -> str:
    """Let it do what is to be done at *now*, and return what it says of that."""
    said: list[str] = []

    def is_done() -> bool:
        said.append(keeper.step(recovery, now))
        return bool(said[-1])

    wait_until(is_done, "it has asked")
    return said[-1]


def asks_in_vain(keeper: SlotKeeper, now: float) -> None:
    """Let it ask at *now*, and find that it may do nothing."""
    said: list[str] = []

    def has_asked() -> bool:
        said.append(keeper.step(False, now))
        return keeper._next > now  # once it was answered

    wait_until(has_asked, "it has asked")
    assert not any(said), said


def does_nothing(keeper: SlotKeeper, now: float) -> bool:
    """Whether it says nothing at *now*, of a primary, for a second."""
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        if keeper.step(False, now):
            return False
        time.sleep(0.01)
    return True


def test_a_primary_has_one_that_keeps_the_log(make_server: MakeServer) -> None:
    primary = make_server("nd1", **LIMITED)
    primary.start_plain()
    keeper = SlotKeeper(access(primary), SLOT)

    assert seen_to(keeper, 0, recovery=False) == f"replication slot {SLOT} is made"
    kept = "select restart_lsn is not null from pg_replication_slots"
    assert primary.ask(kept) == "t"
    assert does_nothing(keeper, 1)
    primary.ask(f"select pg_drop_replication_slot('{SLOT}')")
    assert does_nothing(keeper, 59)
    assert seen_to(keeper, 130, recovery=False) == f"replication slot {SLOT} is made"
    keeper.close()


@pytest.mark.one_postgres
def test_without_a_limit_or_a_free_slot_there_is_none(make_server: MakeServer) -> None:
    primary = make_server("nd1", max_replication_slots=1)
    primary.start_plain()
    keeper = SlotKeeper(access(primary), SLOT)

    asks_in_vain(keeper, 0)
    assert slots(primary) == ""

    primary.ask("alter system set max_slot_wal_keep_size = '1GB'")
    primary.ask("select pg_reload_conf()")
    primary.ask("select pg_create_physical_replication_slot('x')")
    shown = "show max_slot_wal_keep_size"
    wait_until(lambda: primary.ask(shown) == "1GB", "it is read")
    said = seen_to(keeper, 100, recovery=False)
    assert said.startswith(f"replication slot {SLOT} could not be seen to: ")
    assert slots(primary) == "x"

    primary.ask("select pg_drop_replication_slot('x')")
    assert seen_to(keeper, 800, recovery=False) == f"replication slot {SLOT} is made"


@pytest.mark.one_postgres
def test_a_standby_has_none(make_pair: MakePair) -> None:
    """A deposed primary that follows without a copy still has the other server's."""
    pair = make_pair(**LIMITED)
    for name in (SLOT, "somebody"):
        pair.b.ask(f"select pg_create_physical_replication_slot('{name}', true)")
    keeper = SlotKeeper(access(pair.b), SLOT)

    assert seen_to(keeper, 0, recovery=True) == f"replication slot {SLOT} is dropped"
    assert slots(pair.b) == "somebody"
    pair.b.ask("select pg_promote()")
    assert seen_to(keeper, 1, recovery=False) == f"replication slot {SLOT} is made"
    assert slots(pair.b) in (f"somebody,{SLOT}", f"{SLOT},somebody")
