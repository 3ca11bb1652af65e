"""A full queue of connections: silence, unless somebody else is let in."""

from __future__ import annotations

from pgx_postgres.watch.states import Faulted, Watching
from pgx_postgres.watch.watched import (
    POSTGRES,
    TEMPLATE1,
    Answered,
    Ask,
    Inside,
    OthersServed,
    Outside,
    Warn,
)
from tests.watch_run import watch

FULL = "the queue of connections is full at /tmp"


def test_a_question_outside_goes_on_trying_and_no_other_is_put() -> None:
    run = watch(timeout=2, retries=2)
    run.at(0.1, Outside(1, FULL))
    run.at(3.9)

    assert run.failures == 1
    assert run.effects == [Ask(1, TEMPLATE1)]


def test_nobody_let_in_is_a_fault_after_the_whole_budget_and_not_before() -> None:
    run = watch(timeout=2, retries=2)
    run.at(0.1, Outside(1, FULL))
    run.at(5.999)
    assert run.failures == 2

    run.at(6)

    reason = f"{FULL}, and nobody was let in for 2 s"
    assert run.state == Faulted(f"3 failures in a row, the last: {reason}")


def test_somebody_else_let_in_begins_the_budget_anew_with_a_warning() -> None:
    run = watch(timeout=2, retries=2)
    run.at(0.1, Outside(1, FULL))
    run.at(5)

    done = run.at(5.5, OthersServed())
    assert done == [Warn(f"{FULL}, but others are let in")]
    assert run.failures == 0

    run.at(11.4)
    assert run.failures == 2
    run.at(11.5)
    assert isinstance(run.state, Faulted)


def test_others_are_no_answer_to_a_question_that_is_inside() -> None:
    """A locked template1 lets others in too: the second opinion is for that."""
    run = watch(timeout=2, retries=2)
    run.at(2.5)

    assert run.at(2.6, OthersServed()) == []
    assert run.failures == 1


def test_room_makes_it_an_ordinary_question_again() -> None:
    run = watch(timeout=2, retries=2)
    run.at(0.1, Outside(1, FULL))
    run.at(2.5)
    run.at(2.6, Inside(1))
    run.at(2.7, Answered(1))

    assert run.failures == 0
    assert Ask(2, TEMPLATE1) in run.at(3)


def test_without_a_time_out_a_full_queue_counts_once_an_interval() -> None:
    run = watch(interval=3, timeout=0, retries=2)
    run.at(0.5, Outside(1, FULL))
    run.at(9.4)
    assert run.failures == 2

    run.at(9.5)
    assert isinstance(run.state, Faulted)


def test_without_a_time_out_a_question_that_got_in_waits_for_ever() -> None:
    run = watch(interval=3, timeout=0, retries=2)
    run.at(0.5, Outside(1, FULL))
    run.at(2, Inside(1))
    run.at(10_000)

    assert run.failures == 0


def test_the_second_opinion_may_be_outside_too() -> None:
    run = watch(timeout=2, retries=1)
    run.at(2)
    assert run.effects[-1] == Ask(3, POSTGRES)
    run.at(2.1, Outside(3, FULL))

    done = run.at(3.9, OthersServed())
    assert [type(one) for one in done] == [Warn]
    assert run.failures == 0


def test_a_server_that_never_answered_is_not_online_for_others() -> None:
    run = watch(timeout=2, retries=1, answered=False)
    run.at(0.1, Outside(1, FULL))
    run.at(1.5, OthersServed())

    assert isinstance(run.state, Watching)
    assert not run.state.opinion.answered
