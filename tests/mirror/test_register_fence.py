"""What a register with a fencing_command decides: the other server is ended before one wins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgx_mirror.core.cell import ALONE, Cell
from pgx_mirror.register.core import fence, words
from pgx_mirror.register.core.state import State, late
from pgx_mirror.register.core.step import step
from pgx_mirror.register.core.words import PRIMARY, STANDBY
from tests.mirror.test_register_step import PAIR_1, A, B, beat, met, new, say, win

SILENT = 6.0  # past the servers' own limit
WON_BY_B = Cell(2, ALONE, B)


def silent() -> State:
    """Both have been heard; the primary for the last time."""
    state = say(met(replace(new(), fences=True)), B, beat(STANDBY), SILENT)
    assert step(state, B, win(1), 3.0)[1].word == words.HEARD
    return state


def begun() -> State:
    """The standby has asked, and the primary is being ended."""
    state, reply = step(silent(), B, win(1), SILENT)
    assert reply == words.Reply(words.FENCING, PAIR_1, fence.ASKS_AGAIN)
    return state


def test_who_asks_has_the_other_ended_first_and_wins_then() -> None:
    state = begun()
    assert state.fence is not None
    assert fence.operation(state, state.fence) == "switch"
    assert state.kept.cell == PAIR_1

    state = fence.ended(state, 8.0, done=True)

    assert step(state, B, win(1), 8.1)[1] == words.Reply(words.WON, WON_BY_B)


def test_a_primary_has_its_standby_ended() -> None:
    state, reply = step(silent(), A, win(1), SILENT)
    assert reply.word == words.FENCING
    assert state.fence is not None
    assert fence.operation(state, state.fence) == "detach"


def test_while_it_runs_no_other_is_begun_whoever_asks() -> None:
    state = begun()
    for who in (A, B):
        assert step(state, who, win(1), 7.0) == (
            state,
            words.Reply(words.FENCING, PAIR_1, fence.ASKS_AGAIN),
        )


def test_one_that_fails_grants_nothing_and_is_tried_again_later() -> None:
    state = fence.ended(begun(), 8.0, done=False)

    same, reply = step(state, B, win(1), 9.0)
    assert (same, reply) == (
        state,
        words.Reply(words.UNFENCED, PAIR_1, fence.TRIES_AGAIN - 1.0),
    )
    again, reply = step(state, B, win(1), 8.0 + fence.TRIES_AGAIN)
    assert reply.word == words.FENCING
    assert again.fence not in (None, state.fence)


def test_after_one_that_fails_the_other_may_try_at_once() -> None:
    state = fence.ended(begun(), 8.0, done=False)

    assert step(state, A, win(1), 8.1)[1].word == words.FENCING


def test_what_was_ended_for_one_is_no_grant_for_the_other() -> None:
    state = fence.ended(begun(), 8.0, done=True)

    assert step(state, A, win(1), 8.1)[1].word == words.FENCING


def test_one_that_is_heard_after_its_end_is_ended_again() -> None:
    """It has come back: whoever asks goes on after another fence alone."""
    state = fence.ended(begun(), 8.0, done=True)
    state = say(state, A, beat(words.NEITHER), 8.5)

    assert step(state, B, win(1), 9.0)[1].word == words.FENCING


def test_time_that_the_arbiter_did_not_run_brings_nobody_back() -> None:
    state = late(fence.ended(begun(), 8.0, done=True), 100.0)

    assert step(state, B, win(1), 108.1)[1].word == words.WON


@pytest.mark.parametrize("asked", [win(0), win(2), win(1, "1e")])
def test_who_could_not_win_has_nobody_ended(asked: words.Win) -> None:
    assert step(silent(), B, asked, SILENT)[0].fence is None


def test_nor_has_a_standby_whose_primary_is_heard() -> None:
    state = say(silent(), A, beat(PRIMARY), SILENT)

    assert step(state, B, win(1), SILENT + 1)[0].fence is None


def test_who_has_won_already_has_nobody_ended() -> None:
    state = fence.ended(begun(), 8.0, done=True)
    state = say(state, B, win(1), 8.1)
    state = replace(state, fence=None)

    assert step(state, B, win(1), 9.0) == (state, words.Reply(words.WON, WON_BY_B))
