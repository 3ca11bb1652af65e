"""Three real members of etcd: what they say is what the key is, or it is not known."""

from __future__ import annotations

import time

import pytest

from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.register.core import words
from pgx_mirror.register.core.words import (
    NEITHER,
    PRIMARY,
    STANDBY,
    Beat,
    Lift,
    Read,
    Win,
)
from pgx_mirror.register.etcd.keys import server_key
from tests.mirror.arbiters import (
    SYSTEM,
    A,
    B,
    Talker,
    answer,
    pair,
    turn_until,
)
from tests.mirror.etcds import EtcdPlace

FIRST = Cell(1, PAIR, A)
LONG = 60.0  # seconds of silence, and nearly as many of a key's life


@pytest.fixture
def etcd(etcd: EtcdPlace) -> EtcdPlace:
    """The same, and waited for: here it is never away."""
    etcd.timeout = LONG / 3
    return etcd


def _meet(*talkers: Talker) -> None:
    turn_until(lambda: all(t.known for t in talkers), "all are there", *talkers)


def test_a_new_register_is_empty_until_both_have_enrolled(etcd: EtcdPlace) -> None:
    with (
        Talker(etcd, A, PRIMARY, limit=LONG) as one,
        Talker(etcd, B, STANDBY, limit=LONG) as two,
    ):
        _meet(one, two)
        identity = etcd.kept().identity
        assert one.known == two.known
        assert one.known is not None
        assert (one.known.identity, one.known.cell) == (identity, None)
        one.bind(1, PAIR, identity)
        assert answer(one, Win(1), two).word == words.EMPTY
        assert answer(one, Lift(2, ALONE), two).word == words.EMPTY
        assert etcd.kept().cell is None
        two.bind(1, "SYNC", identity)
        turn_until(lambda: one.known and one.known.cell, "a cell", one, two)
        assert etcd.kept().cell == FIRST


def test_one_of_two_wins_and_hears_so_again(etcd: EtcdPlace) -> None:
    with pair(etcd, LONG) as (one, two):
        one.says(NEITHER)  # so that the standby need not wait for it
        assert answer(one, Read(), two).cell == FIRST
        one.ask(Win(1))
        two.ask(Win(1))
        turn_until(lambda: len(one.answers) > 1 and two.answers, "both", one, two)
        told = {who.me: who.answers[-1].word for who in (one, two)}
        winner = next(who for who, word in told.items() if word == words.WON)
        assert sorted(told.values()) == [words.LOST, words.WON]
        assert etcd.kept().cell == Cell(2, ALONE, winner)
        again = one if winner == A else two
        assert answer(again, Win(1)).word == words.WON


def test_a_standby_waits_while_the_primarys_key_lives(etcd: EtcdPlace) -> None:
    with pair(etcd, LONG) as (one, two):
        reply = answer(two, Win(1), one)
        assert reply.word == words.HEARD
        assert 0 < reply.again < 1
        assert etcd.kept().cell == FIRST


def test_the_key_of_a_primary_that_has_gone_ends(etcd: EtcdPlace) -> None:
    with pair(etcd) as (one, two):
        one.register.close()

        def wins() -> bool:
            return answer(two, Win(1)).word == words.WON

        turn_until(wins, "the primary's key ends", two)
        assert etcd.etcd.value(server_key(etcd.prefix, A)) is None


def test_a_primary_that_says_so_is_not_waited_for(etcd: EtcdPlace) -> None:
    with pair(etcd, LONG) as (one, two):
        one.says(NEITHER)
        assert answer(one, Read(), two).word == words.CELL
        assert answer(two, Win(1), one).word == words.WON


def test_a_holder_lifts_and_never_lowers(etcd: EtcdPlace) -> None:
    with pair(etcd, LONG) as (one, two):
        assert answer(one, Lift(3, ALONE), two).word == words.LIFTED
        assert answer(two, Lift(2, ALONE), one).word == words.HIGHER
        assert answer(one, Win(1), two).word == words.LOST
        assert answer(one, Win(4), two).word == words.BEHIND
        assert etcd.kept().cell == Cell(3, ALONE, A)


def test_an_epoch_of_another_register_is_not_granted(etcd: EtcdPlace) -> None:
    with pair(etcd, LONG) as (one, _):
        one.bind(1, PAIR, "another")
        assert answer(one, Win(1)).word == words.OTHER
        assert etcd.kept().cell == FIRST


def test_a_key_that_was_removed_is_another_register(etcd: EtcdPlace) -> None:
    with pair(etcd, LONG) as (one, two):
        before = etcd.kept().identity
        etcd.forget()
        turn_until(
            lambda: one.known and one.known.identity != before, "another", one, two
        )
        assert etcd.kept().identity != before
        assert any("another one" in loss.why for loss in one.losses)
        _meet(one, two)
        turn_until(lambda: one.known and one.known.cell, "enrolled again", one, two)
        assert answer(one, Win(1), two).word == words.OTHER


def test_another_pairs_register_is_none(etcd: EtcdPlace) -> None:
    with pair(etcd, LONG):
        pass
    etcd.forged(system="7002")
    with Talker(etcd, A, PRIMARY, limit=LONG) as one:
        turn_until(lambda: one.losses, "a loss", one)
        assert one.losses[0].why == "it belongs to another pair"


def test_another_pairs_server_takes_no_servers_place(etcd: EtcdPlace) -> None:
    """Two pairs with one prefix and, as they all have, one pair of identifiers."""
    with pair(etcd, LONG) as (one, two):
        key = server_key(etcd.prefix, A)
        with Talker(etcd, A, STANDBY, limit=LONG) as foe:
            foe.register.says(Beat(STANDBY, "7002", LONG), time.monotonic())
            turn_until(lambda: len(foe.losses) == 1, "it is refused", foe, one, two)
            assert foe.losses[0].why == "it belongs to another pair"
            assert etcd.etcd.value(key)["system"] == SYSTEM
            assert answer(two, Win(1), one, foe).word == words.HEARD


def test_what_is_no_register_is_told_and_left_alone(etcd: EtcdPlace) -> None:
    for text in ("", "{}", "nonsense", '{"form":1,"identity":1}'):
        etcd.write(text)
        with Talker(etcd, A, PRIMARY, limit=LONG) as one:
            turn_until(lambda t=one: t.losses, "a loss", one)  # type: ignore[misc]
            assert "is no register" in one.losses[0].why
            assert not one.known
        found = etcd.etcd.ctl("get", "--print-value-only", f"{etcd.prefix}/register")
        assert found.rstrip("\n") == text
