"""What the watch says of what happened: whoever acts on it compares nothing."""

from __future__ import annotations

from pgx_postgres.watch.states import HANDED_ON, Faulted, Watching
from pgx_postgres.watch.watch import step
from pgx_postgres.watch.watched import (
    FAULTED,
    ONLINE,
    OPENING,
    POSTGRES,
    Answered,
    Begun,
    Consult,
    Counted,
    Failed,
    Finish,
    Plain,
    PostmasterGone,
    Publish,
    Recovered,
    Shut,
    Tick,
    Warn,
)
from tests.watch_run import Run, watch


def said(run: Run) -> list[object]:
    """Return what was said since it was last asked for."""
    done, run.said = run.said, []
    return list(done)


def test_online_is_published_at_the_first_answer_and_no_more() -> None:
    run = watch(answered=False)
    assert said(run) == [Begun()]

    run.at(0.1, Answered(1))
    assert said(run) == [Plain(), Publish(ONLINE)]

    run.at(3.1, Answered(2))
    assert said(run) == [Plain()]


def test_a_monitor_that_takes_over_publishes_it_too() -> None:
    run = watch(answered=True)
    run.at(0.1, Failed(1, "cut"))
    assert Publish(ONLINE) not in said(run)

    run.at(3.1, Answered(2))
    assert said(run) == [Plain(), Recovered(1), Publish(ONLINE)]


def test_a_reply_of_postgres_alone_is_online_where_it_was_sought() -> None:
    run = watch(timeout=2, retries=1, answered=False)
    run.at(2)
    said(run)

    run.at(2.5, Answered(3, database=POSTGRES))

    assert said(run) == [Publish(ONLINE)]


def test_a_reply_of_postgres_that_was_not_sought_is_none() -> None:
    run = watch(answered=False)
    run.at(0.1, Consult())
    said(run)

    run.at(0.2, Answered(OPENING, database=POSTGRES))

    assert said(run) == []


def test_a_reply_of_postgres_is_heard_of_a_server_that_was_online_before() -> None:
    run = watch(answered=True)
    assert isinstance(run.state, Watching)
    assert run.state.opinion.state == HANDED_ON
    run.at(0.1, Consult())
    said(run)

    run.at(0.2, Answered(OPENING, database=POSTGRES))

    assert said(run) == [Publish(ONLINE)]


def test_each_failure_is_counted_until_the_fault() -> None:
    run = watch(interval=3, retries=1)
    run.at(0.1, Failed(1, "cut"))
    assert said(run) == [Begun(), Counted(1, 2, "cut")]

    run.at(3.1, Failed(2, "refused"))
    assert said(run) == [Publish(FAULTED, "2 failures in a row, the last: refused")]


def test_silence_is_counted_with_its_reason() -> None:
    run = watch(timeout=2, retries=3)
    run.at(4)

    assert said(run)[1:] == [
        Counted(1, 4, "no answer in time"),
        Counted(2, 4, "no answer in time"),
    ]


def test_a_late_failure_of_a_question_that_was_counted_is_not_said() -> None:
    run = watch(timeout=2, retries=3)
    run.at(2)
    said(run)

    run.at(2.5, Failed(1, "cut"))

    assert said(run) == []


def test_an_answer_says_how_often_it_failed_before() -> None:
    run = watch(timeout=2, retries=3)
    run.at(4.1, Answered(2))
    assert Recovered(2) in said(run)

    run.at(5.5, Answered(3))
    assert said(run) == [Plain()]


def test_an_odd_answer_is_not_plain_and_recovers_all_the_same() -> None:
    run = watch(interval=3)
    run.at(0.1, Failed(1, "cut"))
    said(run)

    assert run.at(3.1, Answered(2, "disk full")) == [Warn("disk full")]
    assert said(run) == [Recovered(1), Publish(ONLINE)]


def test_a_start_that_has_failed_is_said_to_be_that() -> None:
    run = watch(answered=False)
    run.at(0.1, Shut("both refuse"))

    assert said(run)[1:] == [Publish(FAULTED, "both refuse", shut=True)]


def test_the_end_is_said_once() -> None:
    run = watch()
    run.at(0.1, PostmasterGone("gone", expected=True))
    assert said(run)[1:] == [Finish("gone")]

    run.at(0.2, PostmasterGone("gone"))
    assert said(run) == []


def test_a_fault_is_said_once() -> None:
    run = watch()
    run.at(0.1, PostmasterGone("gone"))
    assert said(run)[1:] == [Publish(FAULTED, "gone")]

    for event in (PostmasterGone("gone"), Tick(), Answered(1)):
        assert step(run.limits, run.state, event, 1.0) == (Faulted("gone"), ())
