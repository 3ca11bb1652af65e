"""The watch, one promise after the other."""

from __future__ import annotations

from pgx_postgres.watch.states import Ended, Faulted
from pgx_postgres.watch.watch import step
from pgx_postgres.watch.watched import (
    TEMPLATE1,
    Answered,
    Ask,
    CrashRestart,
    Failed,
    FaultNow,
    Ignored,
    Limits,
    PostmasterGone,
    Warn,
)
from tests.watch_run import Run, watch


def test_nothing_is_asked_of_a_server_that_starts() -> None:
    run = Run(Limits(3, 2, 2))

    assert run.at(0) == []
    assert run.at(100) == []


def test_questions_are_put_from_start_to_start() -> None:
    run = watch(interval=3)

    assert run.at(0.5, Answered(1)) == []
    assert run.at(2.9) == []
    assert run.at(3) == [Ask(2, TEMPLATE1)]


def test_a_slow_reply_is_followed_by_the_next_question_at_once() -> None:
    run = watch(interval=3, timeout=10)

    assert run.at(7, Answered(1)) == [Ask(2, TEMPLATE1)]


def test_after_a_time_out_the_next_question_is_put_at_once() -> None:
    run = watch(timeout=2, retries=6)

    assert run.at(1.99) == []
    assert run.at(2) == [Ask(2, TEMPLATE1)]
    assert run.failures == 1


def test_after_another_failure_the_next_interval_is_waited_for() -> None:
    run = watch(interval=3)

    assert run.at(0.1, Failed(1, "refused")) == []
    assert run.failures == 1
    assert run.at(3) == [Ask(2, TEMPLATE1)]


def test_with_two_open_questions_no_third_is_put() -> None:
    run = watch(timeout=2, retries=6)

    run.at(11)

    assert run.effects.count(Ask(2, TEMPLATE1)) == 1
    assert not any(isinstance(one, Ask) and one.number > 2 for one in run.effects)
    assert run.failures == 5


def test_room_for_a_question_is_used_at_once() -> None:
    run = watch(timeout=2, retries=6)
    run.at(5)

    assert run.at(5.5, Failed(1, "cut")) == [Ask(3, TEMPLATE1)]
    assert run.failures == 2


def test_a_question_that_timed_out_is_not_counted_twice() -> None:
    run = watch(timeout=2, retries=6)
    run.at(2)

    run.at(2.5, Failed(1, "cut"))

    assert run.failures == 1


def test_a_late_reply_is_an_answer() -> None:
    run = watch(interval=3, timeout=2, retries=6)
    run.at(5)
    assert run.failures == 2

    run.at(5.5, Answered(1))

    assert run.failures == 0


def test_no_limit_means_no_time_out() -> None:
    run = watch(timeout=0)

    run.at(1e6)

    assert run.failures == 0


def test_no_limit_does_not_excuse_a_cut() -> None:
    run = watch(interval=3, timeout=0, retries=1)
    run.at(100, Failed(1, "cut"))
    assert run.failures == 1

    run.at(101, Failed(2, "cut"))

    assert run.state == Faulted("2 failures in a row, the last: cut")


def test_before_the_first_answer_there_is_always_a_limit() -> None:
    run = watch(timeout=0, retries=1, answered=False)

    run.at(19.9)
    assert run.failures == 1

    run.at(20)
    assert run.state == Faulted("2 failures in a row, the last: no answer within 10 s")


def test_the_first_answer_lifts_the_limit() -> None:
    run = watch(interval=3, timeout=0, retries=1, answered=False)
    run.at(1, Answered(1))

    run.at(1000)

    assert run.failures == 0


def test_what_online_and_offline_do_is_ignored() -> None:
    run = watch(interval=3)
    run.at(0.1, Ignored(1))

    assert run.failures == 0
    assert run.at(3) == [Ask(2, TEMPLATE1)]


def test_a_stop_by_somebody_else_is_a_fault() -> None:
    run = watch()

    run.at(0.1, FaultNow(1, "stopping"))

    assert run.state == Faulted("stopping")


def test_a_stop_before_the_first_answer_is_none() -> None:
    run = watch(answered=False)

    run.at(0.1, FaultNow(1, "stopping"), CrashRestart("crash"))
    run.at(0.2, PostmasterGone("gone"))

    assert run.state == Ended("gone")


def test_a_crash_restart_is_a_fault_between_two_questions() -> None:
    run = watch(interval=60)
    run.at(0.1, Answered(1))

    run.at(30, CrashRestart("crash"))

    assert run.state == Faulted("crash")


def test_the_end_of_the_postmaster_is_a_fault_at_once() -> None:
    run = watch()

    run.at(0.1, PostmasterGone("gone"))

    assert run.state == Faulted("gone")


def test_the_end_under_offline_is_none() -> None:
    run = watch()

    run.at(0.1, PostmasterGone("gone", expected=True))

    assert run.state == Ended("gone")


def test_a_warning_is_told() -> None:
    run = watch()

    assert run.at(0.1, Answered(1, "too many connections")) == [
        Warn("too many connections")
    ]


def test_replies_to_unknown_questions_change_nothing() -> None:
    run = watch()
    before = run.state

    for event in (Answered(9), Failed(9, "cut"), Ignored(9)):
        run.state, effects = step(run.limits, run.state, event, 0)
        assert effects == ()

    assert run.state == before
