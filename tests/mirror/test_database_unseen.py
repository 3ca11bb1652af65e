"""A server that cannot be looked at, or not for a while: which error, and what is left."""

from __future__ import annotations

import psycopg
import pytest

from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_mirror.core.seen import Seen
from pgx_mirror.database.look import Looker
from pgx_mirror.database.trouble import Lost, Refused, TooLate
from tests.fix_pair import MakeLooker, Pair, access, freeze
from tests.fix_postgres import MakeServer
from tests.fix_sessions import Connect

pytestmark = pytest.mark.postgres


def test_a_full_server_is_seen_by_the_session_that_is_kept(
    pair: Pair, looker: MakeLooker, connect: Connect
) -> None:
    looking = looker(access(pair.a))
    looking.look(30)
    with pytest.raises(Exception, match=r"too many|remaining connection slots"):
        for _ in range(200):
            connect(pair.a)

    assert looking.look(30).senders
    with pytest.raises(Refused) as refused:
        for _ in range(200):  # one that was refused may have gone only now
            looker(access(pair.a)).look(30)
    assert refused.value.sqlstate == "53300"


def test_a_frozen_server_is_late_and_seen_again(pair: Pair, looker: MakeLooker) -> None:
    looking = looker(access(pair.a))
    looking.look(30)
    thaw = freeze(pair.a)
    for _ in range(5):
        with pytest.raises(TooLate):
            looking.look(0.1)

    thaw()

    assert until_answered(looking).senders
    ours = "select count(*) from pg_stat_activity where application_name = 'mc_agent'"
    wait_until(lambda: pair.a.ask(ours) == "1", "one session of ours is left")


def until_answered(looking: Looker) -> Seen:
    found: list[Seen] = []

    def answered() -> bool:
        try:
            found.append(looking.look(5))
        except TooLate:
            return False
        return True

    wait_until(answered, "it answers again", 60)
    return found[-1]


def test_a_locked_database_holds_one_session_of_ours(
    pair: Pair, looker: MakeLooker, connect: Connect
) -> None:
    locking = connect(pair.a, dbname="postgres")
    locking.autocommit = False

    def renamed() -> bool:
        try:
            locking.execute("alter database template1 rename to elsewhere")
        except psycopg.errors.ObjectInUse:  # by who has asked something there before
            locking.rollback()
            return False
        return True

    wait_until(renamed, "it is locked")
    looking = looker(access(pair.a, database="template1"))
    for _ in range(5):
        with pytest.raises(TooLate):
            looking.look(0.1)
    stuck = "select count(*) from pg_stat_activity where application_name = 'mc_agent'"
    held = pair.a.ask(f"{stuck} or wait_event_type = 'Lock'", "postgres")
    assert int(held) <= 1

    locking.rollback()

    assert until_answered(looking).senders
    assert looker(access(pair.a)).look(30).senders


def test_no_session_is_kept_in_template1(pair: Pair, looker: MakeLooker) -> None:
    looker(access(pair.a, database="template1")).look(30)
    looker(access(pair.a)).look(30)

    def made() -> bool:
        return pair.a.psql("-d", "postgres", "-c", "create database x").returncode == 0

    wait_until(made, "a database is made of template1")
    pair.a.ask("drop database x")


def test_a_server_that_was_never_there_is_lost(
    server: Server, looker: MakeLooker
) -> None:
    with pytest.raises(Lost, match="no socket"):
        looker(access(server)).look(30)


def test_a_standby_without_hot_standby_refuses_to_be_looked_at(
    make_server: MakeServer, looker: MakeLooker
) -> None:
    server = make_server(max_connections=100, hot_standby="off")
    (server.data / "standby.signal").touch()
    server.user.own(server.data / "standby.signal")
    server.launch()
    wait_until(lambda: server.status_line() == "standby", "it is up")

    with pytest.raises(Refused) as refused:
        looker(access(server)).look(30)

    assert refused.value.sqlstate == "57P03"
