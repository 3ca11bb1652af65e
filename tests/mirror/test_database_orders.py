"""What a server is told by SQL: to read its files, to bear a name, to be the primary."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.processes import gone, kill, wait_until
from pgx_mirror.database import alter, promote, reload
from pgx_mirror.database.trouble import Lost, Refused, TooLate, Unproven
from tests.fix_pair import NAME, MakeLooker, Pair, access, conninfo, freeze

pytestmark = pytest.mark.postgres
MakePair = Callable[..., Pair]


def in_time(order: Callable[[], object]) -> None:
    """Give *order* until its server, on a busy machine, has answered in time."""

    def answered() -> bool:
        try:
            order()
        except TooLate:
            return False
        return True

    wait_until(answered, "an answer in time")


def test_names_are_read(pair: Pair) -> None:
    pair.names(NAME, reload=False)

    reload.names(access(pair.a), NAME, 30)

    assert pair.a.ask("show synchronous_standby_names") == NAME


def test_a_broken_line_is_told_before_anything_is_read(pair: Pair) -> None:
    conf = pair.a.data / "postgresql.conf"
    before = conf.read_text()
    pair.names(NAME, reload=False)
    conf.write_text(conf.read_text() + "nonsense\n")

    with pytest.raises(Unproven, match="syntax error"):
        reload.names(access(pair.a), NAME, 30)

    assert pair.a.ask("show synchronous_standby_names") == ""
    assert len(reload.errors(access(pair.a), 30)) == 1
    conf.write_text(before)
    assert reload.errors(access(pair.a), 30) == ()


def test_who_beats_the_file_is_told_and_reset(pair: Pair) -> None:
    pair.a.ask("alter system set synchronous_standby_names = 'somebody'")
    pair.names(NAME, reload=False)

    with pytest.raises(Unproven, match=r'"somebody", by .*postgresql\.auto\.conf'):
        in_time(lambda: reload.names(access(pair.a), NAME, 1))

    alter.reset_names(access(pair.a), 30)
    reload.names(access(pair.a), NAME, 30)


def test_auto_conf_is_reset_while_commits_wait(pair: Pair) -> None:
    pair.a.ask("alter system set synchronous_standby_names = 'somebody'")
    kill(pair.a.pid() or 0, signal.SIGHUP)
    shown = "show synchronous_standby_names"
    wait_until(lambda: pair.a.ask(shown) == "somebody", "the name is shown")

    alter.reset_names(access(pair.a), 30)

    wait_until(lambda: pair.a.ask(shown) == "", "no name is shown")


def test_a_standby_bears_another_name_without_a_restart(pair: Pair) -> None:
    pid = pair.b.pid()

    alter.bear(access(pair.b), "somebody", 30)

    name = "select application_name from pg_stat_replication"
    wait_until(lambda: pair.a.ask(name) == "somebody", "it streams under it", 60)
    assert pair.b.pid() == pid
    alter.bear(access(pair.b), NAME, 30)
    wait_until(lambda: pair.a.ask(name) == NAME, "it streams under its own", 60)


def test_the_rest_of_primary_conninfo_is_kept_and_the_statement_is_not_logged(
    pair: Pair,
) -> None:
    odd = f"{conninfo(pair.a)} password=''it\\''s a secret'' sslmode=disable"
    pair.b.ask(f"alter system set primary_conninfo = '{odd}'")
    pair.b.ask("alter system set log_statement = 'all'")
    pair.b.ask("alter system set log_min_duration_statement = 0")
    kill(pair.b.pid() or 0, signal.SIGHUP)
    wait_until(lambda: pair.b.ask("show log_statement") == "all", "all is logged")
    log = Path(pair.b.sockets / "started-by-hand.log")
    length = log.stat().st_size

    alter.bear(access(pair.b), "somebody", 30)

    text = pair.b.ask("show primary_conninfo")
    assert "application_name=somebody" in text
    assert "password='it\\'s a secret'" in text
    assert "sslmode=disable" in text
    said = log.read_text()[length:]
    assert "alter system" not in said
    assert said.count("secret") == 1  # PostgreSQL's own: parameter ... changed to ...


def test_a_primary_conninfo_that_others_set_is_told(make_pair: MakePair) -> None:
    pair = make_pair()
    pair.b.stop()
    pair.b.start_plain("-c", f"primary_conninfo={conninfo(pair.a)}")

    with pytest.raises(Unproven, match="set elsewhere"):
        in_time(lambda: alter.bear(access(pair.b), "somebody", 1))


def test_a_standby_is_promoted_and_twice_is_harmless(
    make_pair: MakePair, looker: MakeLooker
) -> None:
    pair = make_pair()
    looking = looker(access(pair.b))
    assert looking.look(30).recovery
    pair.a.stop(signal.SIGQUIT)

    promote.promote(access(pair.b), 60)
    promote.promote(access(pair.b), 60)

    seen = looking.look(30)
    assert not seen.recovery
    assert seen.timeline == 2
    assert seen.flush > 0
    assert pair.b.ask("create table t (n int)") == ""


def test_a_standby_that_pg_promote_would_end_is_lost(make_pair: MakePair) -> None:
    pair = make_pair()
    pair.a.stop()
    pair.a.configure(max_connections=150)
    pair.a.start_plain()
    paused = "select pg_is_wal_replay_paused()"
    wait_until(lambda: pair.b.ask(paused) == "t", "replay is paused", 60)
    pair.a.stop(signal.SIGQUIT)
    pid = pair.b.pid()
    assert pid is not None

    with pytest.raises((Lost, Refused)):
        promote.promote(access(pair.b), 60)

    wait_until(lambda: gone(pid), "it has ended over it", 60)


def test_a_promotion_that_does_not_end_is_late(pair: Pair) -> None:
    freeze(pair.b)

    with pytest.raises(TooLate):
        promote.promote(access(pair.b), 0.5)
