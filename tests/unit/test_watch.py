"""The watch, one promise after the other."""

from __future__ import annotations

from pgx_agent.core.watch import step
from pgx_agent.core.watched import (
    POSTGRES,
    TEMPLATE1,
    Answered,
    Ask,
    CrashRestart,
    Ended,
    Failed,
    Faulted,
    FaultNow,
    Ignored,
    Limits,
    PostmasterGone,
    Ready,
    Warn,
)
from tests.watch_run import Run


def watch(
    interval: float = 3, timeout: float = 2, retries: int = 2, *, answered: bool = True
) -> Run:
    run = Run(Limits(interval, timeout, retries), answered=answered)
    assert run.at(0, Ready()) == [Ask(1, TEMPLATE1)]
    return run


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


def test_after_a_full_queue_there_is_one() -> None:
    run = watch(interval=3, retries=1)
    run.at(0, Failed(1, "full", eagain=True))

    assert run.at(3) == [Ask(2, TEMPLATE1), Ask(3, POSTGRES)]


def test_a_full_queue_waits_for_the_second_opinion() -> None:
    run = watch(interval=3, timeout=2, retries=1)
    run.at(0, Failed(1, "full", eagain=True))
    run.at(3, Failed(2, "full", eagain=True))
    run.at(3.5, Failed(2, "full", eagain=True))
    run.at(4.9)
    assert run.failures == 2

    run.at(5)

    assert run.state == Faulted("2 failures in a row, the last: full")


def test_a_full_queue_everywhere_is_a_fault_at_once() -> None:
    run = watch(interval=3, timeout=2, retries=1)
    run.at(0, Failed(1, "full", eagain=True))
    run.at(3)

    run.at(3.1, Failed(2, "full", eagain=True), Failed(3, "full", eagain=True))

    assert isinstance(run.state, Faulted)


def test_a_reply_of_postgres_lifts_the_verdict_that_waits() -> None:
    run = watch(interval=3, timeout=0, retries=1)
    run.at(0, Failed(1, "full", eagain=True))
    run.at(3)
    run.at(3.1, Failed(2, "full", eagain=True))

    run.at(12, Answered(3))

    assert run.failures == 0
    assert Ask(4, TEMPLATE1) in run.effects


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
