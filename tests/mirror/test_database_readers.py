"""A reader on the standby for whom replay waits holds up no takeover."""

from __future__ import annotations

import signal
from collections.abc import Callable

import psycopg
import pytest

from fixtures.processes import kill, wait_until
from pgx_mirror.database import promote
from tests.fix_pair import Pair, access, conninfo

pytestmark = pytest.mark.postgres
MakePair = Callable[..., Pair]

WITHIN = 30.0  # seconds; the reader would hold it up for ever


@pytest.fixture
def patient(make_pair: MakePair) -> Pair:
    """A pair whose standby lets replay wait for readers as long as they like."""
    pair = make_pair()
    pair.b.ask("alter system set max_standby_streaming_delay = -1")
    kill(pair.b.pid() or 0, signal.SIGHUP)
    pair.a.ask("create table read as select generate_series(1, 100) as n")
    there = "select to_regclass('read') is not null"
    wait_until(lambda: pair.b.ask(there) == "t", "it is there")
    return pair


def _session(pair: Pair) -> psycopg.Connection:
    """Return a session with the standby, in the database that `ask` asks."""
    where = f"{conninfo(pair.b)} dbname=template1"
    return psycopg.connect(where, autocommit=True)


def _waits(pair: Pair) -> bool:
    """Whether replay is behind what has been received, and goes on no more."""
    asked = "select pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()"
    return pair.b.ask(asked) == "t"


@pytest.mark.parametrize(
    "deeds",
    [("delete from read", "vacuum read"), ("drop table read",)],
    ids=["snapshot", "lock"],
)
def test_a_takeover_waits_for_no_reader(patient: Pair, deeds: tuple[str, ...]) -> None:
    said: list[str] = []
    with _session(patient) as reader, _session(patient) as idle:
        idle.execute("select 1")
        reader.execute("begin isolation level repeatable read")
        reader.execute("select count(*) from read")
        for deed in deeds:
            patient.a.ask(deed)
        patient.a.ask("select pg_switch_wal()")
        wait_until(lambda: _waits(patient), "replay waits")

        promote.promote(access(patient.b), WITHIN, say=said.append)

        with pytest.raises(psycopg.OperationalError):
            reader.execute("select 1")
        assert idle.execute("select pg_is_in_recovery()").fetchall() == [(False,)]
    # Told again where the one that was ended is not gone a second later.
    assert set(said) == {"1 sessions are ended: replay waited for one"}


def test_without_a_reader_nobody_is_ended(patient: Pair) -> None:
    said: list[str] = []
    with _session(patient) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from read")
        promote.promote(access(patient.b), WITHIN, say=said.append)
        assert reader.execute("select count(*) from read").fetchall() == [(100,)]
    assert said == []
