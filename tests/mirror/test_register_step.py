"""What the register decides, one promise a test."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgx_mirror.core import mark
from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.register.core import words
from pgx_mirror.register.core.state import Kept, State, gone, late
from pgx_mirror.register.core.step import begins, step
from pgx_mirror.register.core.words import (
    NEITHER,
    PRIMARY,
    STANDBY,
    Beat,
    Enrol,
    Lift,
    Read,
    Reply,
    Request,
    Win,
)

A, B = "server1", "server2"
SYSTEM, LIMIT = "7001", 5.0
PAIR_1 = Cell(1, PAIR, A)


def new(cell: Cell | None = PAIR_1, began: float = -1000.0) -> State:
    return State(Kept("1d", SYSTEM if cell else "", cell), (A, B), began)


def win(epoch: int, register: str = "1d") -> Win:
    return Win(epoch, register)


def beat(role: str, system: str = SYSTEM) -> Beat:
    return Beat(role, system, LIMIT)


def say(state: State, who: str, request: Request, now: float = 0.0) -> State:
    return step(state, who, request, now)[0]


def met(state: State, now: float = 0.0) -> State:
    """Both have said who they are, as primary and standby."""
    return say(say(state, A, beat(PRIMARY), now), B, beat(STANDBY), now)


def test_the_first_who_asks_wins_and_the_other_has_lost() -> None:
    state, reply = step(met(new()), A, win(1), 0.0)
    assert reply == Reply(words.WON, Cell(2, ALONE, A))
    assert state.kept.cell == Cell(2, ALONE, A)
    assert step(state, B, win(1), 0.0) == (state, Reply(words.LOST, Cell(2, ALONE, A)))


def test_who_has_won_hears_so_again_however_often_it_asks() -> None:
    state = say(met(new()), A, win(1))
    assert step(state, A, win(1), 99.0) == (state, Reply(words.WON, Cell(2, ALONE, A)))


def test_in_an_epoch_of_another_register_nothing_is_granted() -> None:
    state = met(new())
    for other in ("", "1e"):
        assert step(state, A, win(1, other), 0.0) == (state, Reply(words.OTHER, PAIR_1))


@pytest.mark.parametrize("epoch", [2, 5])
def test_an_epoch_that_the_cell_has_not_come_to_is_neither_won_nor_lost(
    epoch: int,
) -> None:
    state = met(new())
    assert step(state, A, win(epoch), 0.0) == (state, Reply(words.BEHIND, PAIR_1))


def test_a_standby_is_refused_while_the_primary_is_heard_and_told_when_to_ask() -> None:
    state = met(new())
    same, reply = step(state, B, win(1), 3.0)
    assert (same, reply) == (state, Reply(words.HEARD, PAIR_1, 2.0))
    assert step(state, B, win(1), 3.0 + reply.again)[1].word == words.WON


def test_of_two_limits_the_shorter_counts() -> None:
    """The servers may be faster than arbitration.conf, whose own limit is a bound."""
    for silence, again in ((1.0, 1.0), (9.0, LIMIT)):
        state = met(replace(new(began=0.0), silence=silence))
        assert step(state, B, win(1), 0.0)[1] == Reply(words.HEARD, PAIR_1, again)
        alone = say(replace(new(began=0.0), silence=silence), B, beat(STANDBY))
        assert step(alone, B, win(1), 0.0)[1] == Reply(words.HEARD, PAIR_1, again)
        assert state.is_heard(A, again - 0.1)
        assert not state.is_heard(A, again)


def test_a_primary_that_keeps_speaking_is_never_overruled() -> None:
    state = met(new())
    for second in range(1, 60):
        state = say(state, A, beat(PRIMARY), float(second))
        assert step(state, B, win(1), second + 0.9)[1].word == words.HEARD


def test_a_primary_that_is_heard_does_not_wait_for_its_standby() -> None:
    assert step(met(new()), A, win(1), 0.0)[1].word == words.WON


def test_nobody_waits_for_a_controller_that_says_not_to() -> None:
    state = say(met(new()), A, beat(NEITHER))
    assert step(state, B, win(1), 0.0)[1].word == words.WON


def test_a_standby_asked_for_by_a_standby_is_not_waited_for() -> None:
    state = say(met(new()), A, beat(STANDBY))
    assert step(state, B, win(1), 0.0)[1].word == words.WON


def test_a_register_that_has_just_started_listens_first() -> None:
    state = say(new(began=0.0), B, beat(STANDBY), 1.0)
    assert step(state, B, win(1), 1.0)[1] == Reply(words.HEARD, PAIR_1, 4.0)
    assert step(state, B, win(1), 5.0)[1].word == words.WON


def test_the_time_in_which_the_register_itself_did_not_run_is_nobodys_silence() -> None:
    frozen = late(met(new(began=0.0)), 60.0)
    assert step(frozen, B, win(1), 61.0)[1].word == words.HEARD
    assert step(frozen, B, win(1), 66.0)[1].word == words.WON
    assert late(new(began=0.0), 60.0).began == 60.0


def test_a_holder_lifts_the_cell_and_never_lowers_it() -> None:
    state, reply = step(met(new()), A, Lift(3, ALONE), 0.0)
    assert reply == Reply(words.LIFTED, Cell(3, ALONE, A))
    assert step(state, A, Lift(3, ALONE), 0.0) == (state, reply)
    for low in (Lift(2, PAIR), Lift(3, PAIR), Lift(1, ALONE)):
        assert step(state, A, low, 0.0) == (
            state,
            Reply(words.HIGHER, Cell(3, ALONE, A)),
        )
    assert step(state, B, Lift(3, ALONE), 0.0)[1].word == words.HIGHER


def test_an_empty_register_grants_and_lifts_nothing() -> None:
    state = met(new(None))
    for request in (win(0), win(1), Lift(9, ALONE), Lift(1, PAIR)):
        for who in (A, B):
            assert step(state, who, request, 99.0) == (state, Reply(words.EMPTY))
    assert step(state, A, Read(), 0.0) == (state, Reply(words.CELL, None))


def test_one_server_alone_cannot_begin_a_register() -> None:
    state = met(new(None))
    for epoch in (1, 2, 3):
        state, reply = step(state, A, Enrol(epoch, PAIR), 0.0)
        assert reply == Reply(words.ENROLLED)
    assert step(state, A, win(3), 99.0)[1].word == words.EMPTY


def test_a_register_begins_with_the_higher_of_both() -> None:
    state = say(met(new(None)), B, Enrol(4, mark.OUT))
    state, reply = step(state, A, Enrol(6, ALONE), 0.0)
    assert reply == Reply(words.CELL, Cell(6, ALONE, A))
    assert state.kept == Kept("1d", SYSTEM, Cell(6, ALONE, A))
    assert step(state, B, Enrol(9, ALONE), 0.0) == (state, reply)


def test_what_was_enrolled_is_void_when_its_connection_ends() -> None:
    state = gone(say(met(new(None)), A, Enrol(1, PAIR)), A)
    assert step(state, B, Enrol(1, mark.SYNC), 0.0)[1].word == words.ENROLLED


@pytest.mark.parametrize(
    ("mine", "its", "cell"),
    [
        (Enrol(1, PAIR), Enrol(1, mark.SYNC), Cell(1, PAIR, A)),
        (Enrol(1, PAIR), Enrol(2, ALONE), Cell(2, ALONE, B)),
        (Enrol(7, ALONE), Enrol(0, mark.NEW), Cell(7, ALONE, A)),
        (Enrol(1, PAIR), Enrol(3, mark.OUT), None),  # A is about to be ALONE(3)
        (Enrol(3, mark.GIVEN), Enrol(1, mark.SYNC), None),  # B is about to be ALONE(3)
        (Enrol(3, mark.GIVEN), Enrol(3, mark.OUT), None),  # A is about to take it back
        (Enrol(2, ALONE), Enrol(2, ALONE), None),  # this cannot be: nobody is believed
        (Enrol(2, ALONE), Enrol(2, PAIR), None),
    ],
)
def test_what_a_register_begins_with(
    mine: Enrol, its: Enrol, cell: Cell | None
) -> None:
    assert begins(A, mine, B, its) == begins(B, its, A, mine) == cell


@pytest.mark.parametrize(
    "request_", [win(1), Lift(9, ALONE), Read(), beat(PRIMARY, "9")]
)
def test_a_server_of_another_pair_is_told_nothing(request_: Request) -> None:
    state = say(met(new()), A, beat(PRIMARY, "9"))
    assert step(state, A, request_, 0.0)[1] == Reply(words.FOREIGN)
    assert say(state, A, request_).kept == state.kept


def test_nobody_is_refused_for_the_sake_of_another_pairs_primary() -> None:
    """A configuration that was copied with its secret: the pair's own primary may be dead."""
    state = say(met(new()), A, beat(PRIMARY, "9"))
    assert step(state, B, win(1), 0.0)[1].word == words.WON


def test_who_has_not_said_who_it_is_is_told_nothing() -> None:
    assert step(new(), A, win(1), 0.0)[1] == Reply(words.FOREIGN)


def test_servers_of_two_systems_do_not_begin_a_register() -> None:
    state = say(met(new(None)), B, beat(STANDBY, "9"))
    state = say(state, B, Enrol(1, mark.SYNC))
    assert step(state, A, Enrol(1, PAIR), 0.0)[1].word == words.ENROLLED
    state = say(replace(state), B, beat(STANDBY))
    assert step(state, A, Enrol(1, PAIR), 0.0)[1].word == words.CELL
