"""Limits that become others while the watch goes on."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pgx_postgres.watch.states import Faulted
from pgx_postgres.watch.watched import (
    POSTGRES,
    TEMPLATE1,
    Answered,
    Ask,
    Changed,
    Failed,
    Limits,
)
from tests.watch_run import Run, watch


def change(run: Run, now: float, limits: Limits) -> list[object]:
    """Let *limits* hold from *now* on, and return what is asked then."""
    run.at(now)
    run.limits = limits
    return list(run.at(now, Changed()))


def is_faulted(run: Run) -> bool:
    return isinstance(run.state, Faulted)


def test_a_question_that_never_times_out_does_so_from_the_change_on() -> None:
    run = watch(timeout=0, retries=0)
    run.at(0.1, Answered(1))
    assert run.at(3) == [Ask(2, TEMPLATE1)]
    run.at(500)
    assert run.failures == 0

    assert change(run, 500, Limits(3, 4, 0)) == []
    run.at(503.9)
    assert not is_faulted(run)
    run.at(504)
    assert run.state == Faulted("no answer within 4 s")


def test_silence_is_not_counted_by_a_time_out_that_was_shorter() -> None:
    run = watch(timeout=2, retries=0)
    run.at(0.1, Answered(1))
    run.at(3)

    change(run, 4.5, Limits(3, 60, 0))
    run.at(64)
    assert not is_faulted(run)
    run.at(64.5)
    assert is_faulted(run)


def test_a_time_out_that_is_taken_away_is_waited_for_no_more() -> None:
    run = watch(timeout=2, retries=0)
    run.at(0.1, Answered(1))
    run.at(3)

    change(run, 4, Limits(3, 0, 0))
    run.at(4000)
    assert not is_faulted(run)
    run.at(4000, Answered(2))
    assert run.failures == 0


def test_a_shorter_interval_does_not_wait_for_the_longer_one_to_end() -> None:
    run = watch(interval=3600)
    run.at(0.1, Answered(1))

    assert change(run, 100, Limits(3, 2, 2)) == [Ask(2, TEMPLATE1)]
    run.at(100.1, Answered(2))
    assert run.at(103) == [Ask(3, TEMPLATE1)]


def test_a_shorter_interval_counts_from_the_last_question() -> None:
    run = watch(interval=3600)
    run.at(0.1, Answered(1))

    assert change(run, 1, Limits(3, 2, 2)) == []
    assert run.at(3) == [Ask(2, TEMPLATE1)]


def test_a_longer_interval_puts_off_no_question_that_is_planned() -> None:
    run = watch(interval=3)
    run.at(0.1, Answered(1))

    assert change(run, 1, Limits(3600, 2, 2)) == []
    assert run.at(3) == [Ask(2, TEMPLATE1)]
    run.at(3.1, Answered(2))
    run.at(3602)
    assert run.effects[-1] == Ask(2, TEMPLATE1)
    assert run.at(3603) == [Ask(3, TEMPLATE1)]


@dataclass(frozen=True)
class Fewer:
    retries: int


@pytest.mark.parametrize("fewer", [Fewer(0), Fewer(1), Fewer(2)])
def test_fewer_retries_than_failures_are_no_fault_without_a_second_opinion(
    fewer: Fewer,
) -> None:
    """CREATE DATABASE locks template1: silence alone must not switch a resource."""
    run = watch(timeout=2, retries=6)
    run.at(0.1, Answered(1))
    run.at(3)
    run.at(9.5)  # three times 2 s of silence
    assert run.failures == 3
    assert not any(
        one == Ask(number, POSTGRES) for number in range(9) for one in run.effects
    )

    change(run, 9.5, Limits(3, 2, fewer.retries))
    run.at(11.4)
    asked = [one for one in run.effects if isinstance(one, Ask)]
    assert [one.database for one in asked].count(POSTGRES) == 1
    assert not is_faulted(run)

    second = next(one.number for one in asked if one.database == POSTGRES)
    run.at(11.4, Answered(second, database=POSTGRES))
    assert run.failures == 0


def test_failures_that_were_counted_stay_and_the_next_one_is_the_fault() -> None:
    run = watch(timeout=2, retries=6)
    run.at(0.1, Answered(1))
    run.at(3, Failed(2, "cut"))
    run.at(6, Failed(3, "cut"))
    assert run.failures == 2

    change(run, 7, Limits(3, 2, 1))
    assert run.failures == 2
    run.at(9, Failed(4, "cut"))
    assert run.state == Faulted("3 failures in a row, the last: cut")


def test_nothing_changes_before_the_server_is_asked_or_after_the_end() -> None:
    run = Run(Limits(3, 2, 2))
    assert run.at(1, Changed()) == []
    faulted = watch(retries=0)
    faulted.at(0.1, Answered(1))
    faulted.at(3)
    faulted.at(3.1, Failed(2, "cut"))
    before = faulted.state
    faulted.at(4, Changed())
    assert faulted.state == before == Faulted("cut")
