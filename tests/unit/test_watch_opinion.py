"""The second opinion of database `postgres`: when it is sought, and what it changes."""

from __future__ import annotations

from pgx_postgres.watch.states import Faulted
from pgx_postgres.watch.watched import (
    POSTGRES,
    TEMPLATE1,
    Answered,
    Ask,
    Failed,
    Warn,
)
from tests.watch_run import watch


def test_the_second_opinion_is_sought_beside_the_last_retry() -> None:
    run = watch(timeout=2, retries=2)

    assert run.at(4) == [Ask(3, POSTGRES)]


def test_the_second_opinion_ends_with_the_last_retry() -> None:
    run = watch(timeout=2, retries=2)
    run.at(5.999)
    assert run.failures == 2

    run.at(6)

    assert run.state == Faulted("3 failures in a row, the last: no answer within 2 s")


def test_any_reply_of_postgres_starts_the_budget_anew() -> None:
    run = watch(timeout=2, retries=2)
    run.at(4)

    done = run.at(5, Answered(3))
    assert run.failures == 0
    assert [type(one) for one in done] == [Warn]

    run.at(10.9)
    assert run.failures == 2
    run.at(11)
    assert isinstance(run.state, Faulted)


def test_with_no_retry_it_is_sought_at_half_time() -> None:
    run = watch(timeout=2, retries=0)

    assert run.at(0.99) == []
    assert run.at(1) == [Ask(2, POSTGRES)]
    run.at(2)
    assert run.state == Faulted("no answer within 2 s")


def test_with_no_retry_a_reply_starts_the_only_question_anew() -> None:
    run = watch(timeout=2, retries=0)
    run.at(1)

    run.at(1.5, Answered(2))

    assert run.at(2.5) == [Ask(3, POSTGRES)]
    run.at(3.4)
    assert run.failures == 0
    run.at(3.5)
    assert isinstance(run.state, Faulted)


def test_after_a_refusal_there_is_no_second_opinion() -> None:
    run = watch(interval=3, retries=1)
    run.at(0, Failed(1, "refused"))

    assert run.at(3) == [Ask(2, TEMPLATE1)]
    run.at(3.1, Failed(2, "refused"))
    assert run.state == Faulted("2 failures in a row, the last: refused")


def test_an_old_second_opinion_serves_again() -> None:
    run = watch(interval=3, timeout=2, retries=1)
    run.at(2)
    assert run.effects[-1] == Ask(3, POSTGRES)
    run.at(2.5, Answered(2))

    run.at(10)

    opinions = [one for one in run.effects if one == Ask(3, POSTGRES)]
    assert len(opinions) == 1
    assert not any(
        isinstance(one, Ask) and one.database == POSTGRES and one.number != 3
        for one in run.effects
    )


def test_after_a_refusal_an_old_second_opinion_counts_for_nothing() -> None:
    run = watch(interval=3, timeout=2, retries=2)
    run.at(4)
    run.at(4.1, Answered(1), Answered(2))
    run.at(5)
    run.at(5.1, Failed(4, "refused"))

    run.at(5.2, Answered(3))

    assert run.failures == 1


def test_a_second_opinion_lifts_the_limit_of_an_adoption() -> None:
    run = watch(timeout=0, retries=1, answered=False)
    run.at(10)

    run.at(11, Answered(3))
    run.at(10_000)

    assert run.failures == 0
