"""A real mc_arb and real connections: what is answered, and what is never assumed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.register.core import words
from pgx_mirror.register.core.words import (
    PRIMARY,
    STANDBY,
    Beat,
    Lift,
    Read,
    Reply,
    Win,
)
from pgx_mirror.register.events import Away
from tests.mirror.arbiters import (
    LIMIT,
    SYSTEM,
    A,
    Arbiter,
    B,
    Talker,
    answer,
    pair,
    turn_until,
)

PAIR_1, WON_BY_A = Cell(1, PAIR, A), Cell(2, ALONE, A)
LONG = 6.0  # seconds: a primary is heard for longer than a busy machine keeps us from speaking


def let_pass(seconds: float, *talkers: Talker) -> None:
    """Run the loops of *talkers* for so long."""
    until = time.monotonic() + seconds
    turn_until(lambda: time.monotonic() > until, "time", *talkers)


def test_both_enrol_it_and_one_wins(arbiter: Arbiter) -> None:
    with pair(arbiter) as (one, two):
        assert one.known and one.known.cell == PAIR_1
        assert answer(one, Win(1), two) == Reply(words.WON, WON_BY_A)
        assert arbiter.kept().cell == WON_BY_A
        assert answer(two, Win(1), one) == Reply(words.LOST, WON_BY_A)
        assert answer(one, Win(1), two) == Reply(words.WON, WON_BY_A)


def test_what_is_answered_outlives_the_process(arbiter: Arbiter) -> None:
    with pair(arbiter) as (one, two):
        answer(one, Win(1), two)
        before = one.known
        arbiter.kill()
        turn_until(lambda: not one.known and not two.known, "both see it", one, two)
        arbiter.start()
        turn_until(lambda: one.known and two.known, "both are back", one, two)
        assert one.known == two.known == before
        assert answer(two, Read(), one).cell == WON_BY_A


def test_a_change_of_the_cell_is_heard_without_asking(arbiter: Arbiter) -> None:
    with pair(arbiter) as (one, two):
        answer(one, Lift(5, ALONE), two)
        turn_until(
            lambda: two.known and two.known.cell == Cell(5, ALONE, A), "5", one, two
        )


def test_a_standby_waits_for_a_primary_that_is_heard_and_not_for_one_that_is_dead(
    arbiter: Arbiter,
) -> None:
    with pair(arbiter, limit=LONG) as (one, two):
        begun = time.monotonic()
        while time.monotonic() < begun + 1.25 * LONG:
            assert answer(two, Win(1), one).word == words.HEARD
            let_pass(0.1, one, two)
        last = time.monotonic()
        one.heard += one.register.beats(last)
        answer(one, Read(), two)  # the beat before it was heard
        one.register.close()
        reply = answer(two, Win(1))
        while reply.word == words.HEARD:
            assert 0 < reply.again <= LONG
            assert time.monotonic() < last + 60
            let_pass(0.1, two)
            reply = answer(two, Win(1))
        assert reply == Reply(words.WON, Cell(2, ALONE, B))
        assert time.monotonic() - last >= LONG


@pytest.mark.parametrize("arrives", [True, False])
def test_an_arbiter_that_was_frozen_has_not_seen_a_primary_die(
    arbiter: Arbiter, arrives: bool
) -> None:
    """What was said meanwhile lies in its queue behind the standby's wish, or is on its way."""
    with pair(arbiter, limit=LONG) as (one, two):
        speak = (one, two) if arrives else (two,)
        with arbiter.frozen():
            two.ask(Win(1))
            let_pass(1.25 * LONG, *speak)
        turn_until(lambda: two.known, "the standby is back", two)
        assert answer(two, Win(1)).word == words.HEARD
        assert arbiter.kept().cell == PAIR_1


def test_a_frozen_arbiter_is_away_and_nothing_is_known_by_assumption(
    arbiter: Arbiter,
) -> None:
    with pair(arbiter) as (one, two):
        heard = time.monotonic()
        answer(one, Read(), two)  # what is not answered yet was said since
        with arbiter.frozen():
            one.ask(Win(1))
            turn_until(lambda: not one.known, "one sees it", one)
            assert time.monotonic() - heard >= LIMIT
            assert one.losses[-1] == Away("it does not answer", (Win(1),))
            assert len(one.answers) == 1
            again = one.register.ask(Win(1), time.monotonic())
            assert again == [Away("it does not answer", (Win(1),))]
        # It may or may not have been carried out: the cell tells.
        turn_until(lambda: one.known and two.known, "both are back", one, two)
        assert one.known is not None
        assert one.known.cell == arbiter.kept().cell


def test_state_lost_grants_nothing_until_both_have_enrolled_it(
    arbiter: Arbiter,
) -> None:
    with pair(arbiter) as (one, two):
        old = arbiter.kept().identity
        arbiter.kill()
        arbiter.forget()
        two.register.close()
        arbiter.start()
        turn_until(lambda: one.known and one.known.identity != old, "the new one", one)
        assert one.known is not None
        new = one.known.identity
        assert answer(one, Read()).cell is None  # it has enrolled, alone
        assert answer(one, Win(1)) == Reply(words.EMPTY)
        assert answer(one, Lift(9, ALONE)) == Reply(words.EMPTY)
        with Talker(arbiter, B, STANDBY) as two:
            two.bind(1, "SYNC", old)
            turn_until(lambda: one.known and one.known.cell, "begun", one, two)
            # It has begun, and their epoch is still the old one's.
            assert answer(one, Win(1), two) == Reply(words.OTHER, PAIR_1)
            assert answer(two, Win(1), one) == Reply(words.OTHER, PAIR_1)
            one.bind(1, PAIR, new)
            assert answer(one, Win(1), two).word == words.WON


def test_an_enrolment_is_void_once_its_connection_has_ended(arbiter: Arbiter) -> None:
    identity = arbiter.kept().identity
    with Talker(arbiter, A, PRIMARY) as one:
        turn_until(lambda: one.known, "one is there", one)
        one.bind(1, PAIR, identity)
        assert answer(one, Read()).cell is None
    # While this asks, no loop runs: a connection would be taken for a silent one.
    turn_until(lambda: arbiter.online() == [], "nobody is there")
    with Talker(arbiter, B, STANDBY) as two:
        turn_until(lambda: two.known, "two alone", two)
        two.bind(1, "SYNC", identity)
        assert answer(two, Read()) == Reply(words.CELL, None)


def test_a_server_has_one_connection_its_last(arbiter: Arbiter) -> None:
    with pair(arbiter) as (one, two), Talker(arbiter, A, PRIMARY) as again:
        again.bind(1, PAIR, arbiter.kept().identity)
        turn_until(lambda: again.known and not one.known, "replaced", one, two, again)
        assert answer(again, Win(1)).word == words.WON


def test_another_pairs_server_is_told_so(arbiter: Arbiter) -> None:
    with pair(arbiter) as (one, two):
        two.heard += two.register.says(Beat(STANDBY, "9", LIMIT), time.monotonic())
        turn_until(lambda: not two.known, "refused", one, two)
        assert two.losses[-1].why == "it belongs to another pair"
        assert arbiter.kept().system == SYSTEM


def test_who_has_another_secret_is_told_so_and_nothing_else(arbiter: Arbiter) -> None:
    with Talker(arbiter, A, PRIMARY, secret=b"another secret..") as stranger:
        turn_until(lambda: stranger.losses, "refused", stranger)
        why = "the other end says that the secret differs"
        assert stranger.losses == [Away(why, (), secret=True)]
    with Talker(arbiter, "server3", PRIMARY) as unknown:
        turn_until(lambda: unknown.losses, "refused", unknown)
        assert unknown.losses[0].secret


def test_no_arbiter_is_away_at_once_and_said_once(open_tmp: Path) -> None:
    with Talker(Arbiter(open_tmp / "arbiter"), A, PRIMARY) as one:
        let_pass(1.0, one)
        assert one.heard == [Away("Connection refused")]
