"""PostgreSQL's own fence, on which the pair rests: what holds it, and what breaks it.

As long as the names are set and in effect, a primary acknowledges nothing that its standby
has not flushed.  docs/pair.md says what follows from each of these for the protocol.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import psycopg
import pytest

from fixtures.processes import kill, wait_until
from pgx_mirror.core import wal
from pgx_mirror.core.known import poison
from tests.fix_pair import NAME, MakeLooker, Pair, access, child, freeze
from tests.fix_sessions import Connect, end
from tests.mirror.bearer import Bearer

pytestmark = pytest.mark.postgres

AHEAD = 1 << 30  # bytes beyond any WAL that is written here
FORGED = "forged"  # a name that the pair's standby does not bear


class Commit:
    """A commit in a thread of its own."""

    def __init__(self, session: psycopg.Connection) -> None:
        self._session = session
        self.position = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            said = self._session.execute(
                "select pg_logical_emit_message(true, 'test', '')"
            ).fetchone()
        except psycopg.Error:
            return  # its server was stopped
        assert said is not None
        self.position = wal.number(said[0])

    @property
    def returned(self) -> bool:
        return self.position > 0

    def returns(self) -> int:
        wait_until(lambda: self.returned, "the commit returns", 60)
        return self.position

    def waits(self, pair: Pair) -> bool:
        """Whether it is seen to wait for a standby."""
        pid = self._session.info.backend_pid
        sql = f"select wait_event from pg_stat_activity where pid = {pid}"
        return pair.a.ask(sql) == "SyncRep"

    def comes_to_wait(self, pair: Pair) -> None:
        wait_until(lambda: has_ended(self, pair), "it returns or waits", 60)
        assert not self.returned


@pytest.fixture
def commit(pair: Pair, connect: Connect) -> Callable[[], Commit]:
    """Return a function that begins a commit on the primary."""
    return lambda: Commit(connect(pair.a))


@pytest.fixture
def thawed() -> Iterator[list[int]]:
    """Processes that go on at the end."""
    stopped: list[int] = []
    yield stopped
    for pid in stopped:
        kill(pid, signal.SIGCONT)


def shown(pair: Pair, names: str) -> None:
    """Set *names*, and wait until a new session shows them."""
    pair.names(names)
    show = "show synchronous_standby_names"
    wait_until(lambda: pair.a.ask(show) == names, "shown", 60)


def in_effect(pair: Pair, names: str, begin: Callable[[], Commit]) -> None:
    """Set *names* that nobody bears, and wait until commits wait for them."""
    shown(pair, names)
    while True:
        one = begin()
        wait_until(partial(has_ended, one, pair), "it returns or waits", 60)
        if not one.returned:
            return


def has_ended(one: Commit, pair: Pair) -> bool:
    return one.returned or one.waits(pair)


def rows(pair: Pair, what: str, name: str) -> str:
    sql = f"select {what} from pg_stat_replication where application_name = '{name}'"
    return pair.a.ask(sql)


def flushed(pair: Pair) -> int:
    return wal.number(pair.a.ask("select pg_current_wal_flush_lsn()"))


def test_what_the_views_say_is_no_proof(
    pair: Pair, commit: Callable[[], Commit], thawed: list[int]
) -> None:
    """The name shown and the standby in sync, and a commit returns without it."""
    thawed.append(child(pair.a, "checkpointer"))
    kill(thawed[0], signal.SIGSTOP)
    shown(pair, NAME)
    wait_until(lambda: rows(pair, "sync_state", NAME) == "sync", "in sync", 60)
    freeze(pair.b)

    commit().returns()


def test_a_checkpoint_that_was_asked_for_later_comes_after_the_reload(
    pair: Pair, commit: Callable[[], Commit], connect: Connect, thawed: list[int]
) -> None:
    """The guard of the proof that commits do not wait: nothing older is on its way then."""
    thawed.append(child(pair.a, "checkpointer"))
    session = connect(pair.a)
    for names in ("nobody", "", "nobody", ""):
        kill(thawed[0], signal.SIGSTOP)
        shown(pair, names)
        asked = threading.Thread(target=session.execute, args=["checkpoint"])
        asked.start()
        kill(thawed[0], signal.SIGCONT)
        asked.join(60)
        one = commit()

        if names:
            one.comes_to_wait(pair)
        else:
            one.returns()


def test_whoever_bears_the_name_confirms(
    pair: Pair, commit: Callable[[], Commit]
) -> None:
    """Not claimed: a copy of the standby, started by hand under its name, is believed."""
    in_effect(pair, FORGED, commit)
    freeze(pair.b)
    one = commit()
    one.comes_to_wait(pair)

    with Bearer(pair.a, FORGED) as bearer:
        bearer.reports(flushed(pair))
        one.returns()
    commit().comes_to_wait(pair)


def test_one_report_from_beyond_ends_the_fence_until_the_server_is_made_anew(
    pair: Pair, commit: Callable[[], Commit]
) -> None:
    in_effect(pair, FORGED, commit)
    with Bearer(pair.a, FORGED) as bearer:
        bearer.reports(flushed(pair) + AHEAD)
        beyond = "flush_lsn > pg_current_wal_flush_lsn()"
        wait_until(lambda: rows(pair, beyond, FORGED) == "t", "seen in its row", 60)
        commit().returns()
    wait_until(lambda: rows(pair, "1", FORGED) == "", "it is gone", 60)

    commit().returns()
    shown(pair, "nobody")
    commit().returns()
    pair.a.stop(signal.SIGQUIT)
    pair.a.start_plain()
    commit().comes_to_wait(pair)


def test_poison_shows_by_a_commit_that_returned_and_is_not_flushed(
    pair: Pair, commit: Callable[[], Commit], thawed: list[int]
) -> None:
    """What is left to see of it once its bearer has gone; the standby is asked afterwards."""
    in_effect(pair, FORGED, commit)
    thawed.append(child(pair.b, "walreceiver"))
    kill(thawed[0], signal.SIGSTOP)
    with Bearer(pair.a, FORGED) as bearer:
        bearer.reports(flushed(pair) + AHEAD)
        commit().returns()

    assert commit().returns() > received(pair)
    kill(thawed[0], signal.SIGCONT)
    pair.a.stop(signal.SIGQUIT)
    pair.a.start_plain()


def test_commits_that_return_with_nobody_there_show_poison(
    pair: Pair, commit: Callable[[], Commit], looker: MakeLooker
) -> None:
    """The forged word is said once the names are in effect: before, nothing keeps it."""
    in_effect(pair, FORGED, commit)
    with Bearer(pair.a, FORGED) as bearer:
        bearer.reports(flushed(pair) + AHEAD)
        commit().returns()
    wait_until(lambda: rows(pair, "1", FORGED) == "", "it is gone", 60)
    looking = looker(access(pair.a))
    was, times = looking.look(30, probe=True), 0

    def is_seen() -> bool:
        nonlocal was, times
        pair.a.ask("select pg_logical_emit_message(true, 'client', '')")
        now = looking.look(30, probe=True)
        times = poison.unseen(was, now, FORGED, times)
        was = now
        return times >= poison.TIMES

    wait_until(is_seen, "seen", 60, 0.05)
    pair.a.stop(signal.SIGQUIT)
    pair.a.start_plain()


def test_a_second_bearer_of_the_name_waits_for_its_turn(
    pair: Pair, commit: Callable[[], Commit], thawed: list[int]
) -> None:
    """While the standby is connected, another of its name confirms nothing, and poisons nothing."""
    shown(pair, NAME)
    wait_until(lambda: rows(pair, "sync_state", NAME) == "sync", "in sync", 60)
    pair.a.ask("checkpoint")  # before which the checkpointer has commits wait
    commit().returns()
    with Bearer(pair.a, NAME) as bearer:
        bearer.reports(flushed(pair) + AHEAD)
        wait_until(lambda: "potential" in rows(pair, "sync_state", NAME), "second", 60)
        thawed.append(child(pair.b, "walreceiver"))
        kill(thawed[0], signal.SIGSTOP)

        commit().comes_to_wait(pair)


def test_a_session_that_a_thread_waits_for_is_closed_once_it_has_let_go(
    pair: Pair, connect: Connect
) -> None:
    """Else libpq frees what the thread reads into, and the tests' process dies of it."""
    session, ended = connect(pair.a), threading.Event()

    def waits() -> None:
        with suppress(psycopg.Error):
            session.execute("select pg_sleep(600)")
        ended.set()

    threading.Thread(target=waits, daemon=True).start()
    pid = session.info.backend_pid
    sql = f"select wait_event from pg_stat_activity where pid = {pid}"
    wait_until(lambda: pair.a.ask(sql) == "PgSleep", "it waits", 60)
    end(session)

    assert session.closed
    assert not session.lock.locked()
    assert ended.wait(60)


def received(pair: Pair) -> int:
    return wal.number(pair.b.ask("select pg_last_wal_receive_lsn()"))


def test_a_healthy_pair_never_looks_poisoned(
    pair: Pair, commit: Callable[[], Commit]
) -> None:
    shown(pair, NAME)
    wait_until(lambda: rows(pair, "sync_state", NAME) == "sync", "in sync", 60)
    pair.a.ask("checkpoint")

    for _ in range(20):
        position = commit().returns()
        assert position <= received(pair)


def test_a_stopped_walsender_stays_a_row_of_its_name(
    pair: Pair, thawed: list[int]
) -> None:
    """It acts by the names as it read them last: while commits wait for a name that nobody
    bears, a row of the real name is why an arming is given up."""
    shown(pair, FORGED)
    with Bearer(pair.a, FORGED) as bearer:
        wait_until(lambda: rows(pair, "sync_state", FORGED) == "sync", "in sync", 60)
        thawed.append(bearer.pid)
        kill(bearer.pid, signal.SIGSTOP)
        shown(pair, "nobody")

        assert rows(pair, "sync_state", FORGED) == "sync"
        kill(bearer.pid, signal.SIGCONT)
        wait_until(lambda: rows(pair, "sync_state", FORGED) == "async", "read", 60)
