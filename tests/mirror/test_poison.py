"""A position that the primary has not got: whoever reports it, commits return without a standby."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import pq

from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_mirror.core.deciding.learn import learn
from pgx_mirror.core.events import Looked, ServerIs
from pgx_mirror.core.facts import Facts, Terms
from pgx_mirror.core.known import poison
from pgx_mirror.core.mark import ALONE, PAIR, Mark
from pgx_mirror.core.report import DOWN, NAMES_SET, UP
from pgx_mirror.core.seen import Seen, Sender
from pgx_mirror.database.access import REMOTE
from pgx_mirror.database.look import Looker
from pgx_mirror.database.opening import open_session
from pgx_mirror.database.proof import COMMIT
from tests.fix_pair import NAME, MakeLooker, Pair, access, freeze
from tests.fix_sessions import Connect
from tests.mirror.arming import waits

ROW = Sender(NAME, 7, "", -1, "streaming", "sync", 50, 50, 50)
SEEN = Seen(
    "1",
    recovery=False,
    names=NAME,
    source="configuration file",
    wal_senders=10,
    flush=100,
    senders=(ROW,),
)
OTHER = replace(ROW, name="other", pid=8)


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200))
def test_ahead_is_any_position_beyond_our_own(write: int, flush: int, own: int) -> None:
    row = replace(OTHER, write=write, flush=flush, replay=0)
    seen = replace(SEEN, senders=(row,), flush=own)

    assert bool(poison.ahead(seen)) == (max(write, flush) > own)
    assert not poison.ahead(replace(seen, recovery=True))


@given(st.integers(1, 100), st.integers(0, 100))
def test_who_stayed_must_have_confirmed_what_returned(probe: int, flush: int) -> None:
    now = replace(SEEN, probe=probe, senders=(replace(ROW, flush=flush), OTHER))

    assert bool(poison.unconfirmed(SEEN, now, NAME)) == (flush < probe)


def test_nothing_is_said_of_a_standby_that_came_anew_or_of_no_probe() -> None:
    behind = replace(ROW, flush=1)
    anew = replace(SEEN, probe=60, senders=(replace(behind, pid=9),))
    waits = replace(SEEN, senders=(behind,), probe_waits=True)

    assert not poison.unconfirmed(SEEN, anew, NAME)
    assert not poison.unconfirmed(SEEN, waits, NAME)
    assert not poison.unconfirmed(None, replace(anew, senders=(behind,)), NAME)


def test_nobody_there_counts_from_the_second_commit_that_returned() -> None:
    none = replace(SEEN, senders=(OTHER,), probe=60)
    waits = replace(none, probe=0, probe_waits=True)

    assert poison.unseen(none, none, NAME, 0) == 1
    assert poison.unseen(none, waits, NAME, 1) == 1
    assert poison.unseen(none, none, NAME, 1) == poison.TIMES
    assert poison.unseen(SEEN, none, NAME, 1) == 0
    assert poison.unseen(none, SEEN, NAME, 1) == 0
    assert poison.unseen(None, none, NAME, 1) == 0


def test_commits_may_return_while_names_are_out() -> None:
    out = replace(SEEN, names="", probe=60)
    back = replace(SEEN, probe=60)

    for was, now in ((SEEN, out), (out, back)):
        assert not poison.unconfirmed(was, now, NAME)
        none = replace(now, senders=())
        assert poison.unseen(replace(was, senders=()), none, NAME, 1) == 0


def pair_of(seen: Seen) -> Facts:
    mine = Mark("a", "g", "1", 3, PAIR, peer_generation="h")
    terms = Terms("a", "b", "message", "life")
    return Facts(
        terms, mark=mine, real_name=NAME, server=UP, names=NAMES_SET, seen=seen
    )


def test_a_primary_learns_it_from_probe_commits_in_a_pair_alone() -> None:
    before = pair_of(SEEN)
    behind = replace(SEEN, probe=60)

    after = learn(before, Looked(behind, 10.0), 10.0)

    assert after.poisoned
    assert after.ending
    alone = replace(before, mark=Mark("a", "g", "1", 3, ALONE))
    assert not learn(alone, Looked(behind, 10.0), 10.0).poisoned
    down = learn(after, ServerIs(DOWN, standby=False), 11.0)
    assert not down.poisoned


def test_a_primary_whose_standby_goes_is_poisoned_only_if_commits_return() -> None:
    none = replace(SEEN, senders=())
    returned = replace(none, probe=60)
    facts = learn(pair_of(SEEN), Looked(returned, 1.0), 1.0)
    facts = learn(facts, Looked(returned, 2.0), 2.0)
    assert not facts.poisoned  # it may have come and gone between two looks

    facts = learn(facts, Looked(none, 3.0), 3.0)
    assert not facts.poisoned

    assert learn(facts, Looked(returned, 4.0), 4.0).poisoned


# --- on real servers ---------------------------------------------------------------------


@contextmanager
def forger(server: Server, beyond: int) -> Iterator[None]:
    """Bear the standby's name, and report a position *beyond* what the primary has."""
    conninfo = (
        f"host={server.sockets} port={server.port} user={server.user.name}"
        f" application_name={NAME} replication=true"
    )
    conn = pq.PGconn.connect(conninfo.encode())
    at = server.ask("select pg_current_wal_flush_lsn()")
    assert conn.exec_(f"START_REPLICATION {at} TIMELINE 1".encode()).status == (
        pq.ExecStatus.COPY_BOTH
    )
    state = f"select state from pg_stat_replication where pid = {conn.backend_pid}"
    # A reply that comes while it still catches up releases nobody, and so ends nothing.
    wait_until(lambda: server.ask(state) == "streaming", "it streams", 60)
    high, low = (int(half, 16) for half in at.split("/"))
    position = (high << 32) + low + beyond
    reply = struct.pack(">cQQQQB", b"r", position, position, position, 0, 0)
    conn.put_copy_data(reply)
    conn.flush()
    try:
        yield
    finally:
        conn.finish()


def looks(looker: Looker, shows: Callable[[Seen | None, Seen], object]) -> None:
    """Look until a look and the one before it show something."""
    before: list[Seen | None] = [None]

    def looked() -> object:
        now = looker.look(30, probe=True)
        before[0], last = now, before[0]
        return shows(last, now)

    wait_until(looked, "looks show it", 60, 0.05)


@pytest.mark.postgres
def test_a_forged_position_is_seen_while_its_bearer_is_there(
    pair: Pair, looker: MakeLooker
) -> None:
    looking = looker(access(pair.a))
    assert not poison.ahead(looking.look(30))

    with forger(pair.a, 1 << 40):
        looks(looking, lambda _, now: poison.ahead(now))


@pytest.mark.postgres
def test_a_standby_that_stays_and_has_not_confirmed_shows_it(
    make_pair: Callable[..., Pair], looker: MakeLooker, connect: Connect
) -> None:
    pair = make_pair()
    pair.names(NAME)
    looking = looker(access(pair.a))
    pair.b.stop()  # while it is there, nobody else's word counts
    waits(
        pair, connect
    )  # a word that comes before the names are in effect ends nothing
    with forger(pair.a, 1 << 30):
        looks(looking, lambda _, now: poison.ahead(now))
    pair.b.start_plain()
    wait_until(pair.streams, "the standby streams again", 60)
    thaw = freeze(pair.b)  # its row stays: nobody has given it up yet
    returns(pair.a)

    looks(looking, lambda was, now: poison.unconfirmed(was, now, NAME))
    thaw()


def returns(server: Server) -> None:
    """See that a commit returns that cannot have been confirmed."""
    with open_session(access(server), 30, commit=REMOTE) as session:
        session.ask(COMMIT, 60)


def in_effect(pair: Pair, connect: Connect) -> None:
    """Have commits wait for the standby: one process reads its name after the other."""
    pair.names(NAME)
    thaw = freeze(pair.b)
    try:
        returned = waits(pair, connect)
    finally:
        thaw()
    wait_until(returned, "it returns")


@pytest.mark.postgres
def test_a_healthy_pair_is_never_taken_for_poisoned(
    pair: Pair, looker: MakeLooker, connect: Connect
) -> None:
    in_effect(pair, connect)
    looking, told, was = looker(access(pair.a)), [], None
    probed = 0
    for _ in range(100):
        pair.a.ask("select pg_logical_emit_message(true, 'client', '')")
        now = looking.look(30, probe=True)
        told += [poison.ahead(now), poison.unconfirmed(was, now, NAME)]
        told += ["nobody"] if poison.unseen(was, now, NAME, 0) else []
        probed += bool(now.probe)
        was = now

    assert not any(told)
    assert probed > 10


@pytest.mark.postgres
def test_a_standby_that_dies_is_not_taken_for_poison(
    make_pair: Callable[..., Pair], connect: Connect
) -> None:
    pair = make_pair()
    in_effect(pair, connect)
    with closing(Looker(access(pair.a))) as looking:
        looks(looking, lambda _, now: now.probe)
        pair.b.stop()
        was, told = looking.look(30, probe=True), 0
        for _ in range(20):
            now = looking.look(30, probe=True)
            assert not poison.ahead(now)
            assert not poison.unconfirmed(was, now, NAME)
            was, told = now, poison.unseen(was, now, NAME, told)

    assert told < poison.TIMES
