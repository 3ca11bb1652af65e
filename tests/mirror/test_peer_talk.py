"""A conversation, its outbox, and what is told of those who were turned away: pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core.report import Report
from pgx_mirror.peer.awake import Awake
from pgx_mirror.peer.codec import Acknowledged, Numbered, Request, read, written
from pgx_mirror.peer.events import FLOOD, GARBAGE, Refused
from pgx_mirror.peer.hello import Hello
from pgx_mirror.peer.outbox import Outbox
from pgx_mirror.peer.refusals import QUIET, Refusals
from pgx_mirror.peer.talk import WINDOW, Talk
from pgx_mirror.wire.refused import Garbage

HELLO = written(Hello("server1", "first"))
THEIRS = written(Hello("server2", "second"))


def report(position: int, incarnation: str = "first", owner: str = "server1") -> Report:
    return Report(owner, incarnation, position=position)


def opened() -> Talk:
    talk = Talk("server2", HELLO)
    assert talk.next(None, 0.0) == HELLO
    talk.take(THEIRS)
    return talk


def said(payload: bytes | None) -> object:
    return None if payload is None else read(payload, "server1")


def test_hello_comes_first_in_both_directions() -> None:
    talk, outbox = Talk("server2", HELLO), Outbox()
    outbox.say(report(1))

    assert talk.next(outbox, 0.0) == HELLO
    assert talk.next(outbox, 0.0) is None
    with pytest.raises(Garbage, match="hello first"):
        talk.take(written(Acknowledged(1)))
    talk.take(THEIRS)
    assert said(talk.next(outbox, 0.0)) == Numbered(1, report(1))


def test_of_reports_only_the_latest_counts() -> None:
    talk, outbox = opened(), Outbox()
    for position in range(100):
        outbox.say(report(position))

    assert said(talk.next(outbox, 0.0)) == Numbered(100, report(99))
    assert talk.next(outbox, 0.0) is None


def test_requests_go_before_reports_and_each_once() -> None:
    talk, outbox = opened(), Outbox()
    outbox.say(report(1))
    outbox.ask({"stop": True})

    assert said(talk.next(outbox, 0.0)) == Request({"stop": True})
    assert said(talk.next(outbox, 0.0)) == Numbered(1, report(1))
    assert talk.next(outbox, 0.0) is None


def test_what_does_not_speak_only_acknowledges() -> None:
    talk = opened()
    talk.take(written(Numbered(7, report(1, "second", "server2"))))
    talk.take(written(Numbered(9, report(2, "second", "server2"))))

    assert said(talk.next(None, 0.0)) == Acknowledged(9)
    assert talk.next(None, 0.0) is None


def test_a_frozen_peer_is_sent_few_reports_and_then_the_latest() -> None:
    talk, outbox = opened(), Outbox()
    sent = []
    for second in range(100):
        outbox.say(report(second))
        if payload := talk.next(outbox, float(second)):
            sent.append(said(payload))
    assert sent == [Numbered(n + 1, report(n)) for n in range(WINDOW)]
    waits = talk.unheard_since

    talk.take(written(Acknowledged(WINDOW)))

    assert (waits, talk.unheard_since) == (0.0, None)
    assert said(talk.next(outbox, 100.0)) == Numbered(100, report(99))


@pytest.mark.parametrize("number", [1, 2**40])
def test_what_was_not_said_cannot_be_heard(number: int) -> None:
    with pytest.raises(Garbage, match="what was not said"):
        opened().take(written(Acknowledged(number)))


def test_a_report_is_of_the_life_that_said_hello() -> None:
    with pytest.raises(Garbage, match="another life"):
        opened().take(written(Numbered(1, report(1, "third", "server2"))))


@given(
    st.lists(
        st.sampled_from(["say", "ask", "next", "take", "acknowledge"]), max_size=60
    )
)
def test_a_conversation_is_bounded_and_in_order(steps: list[str]) -> None:
    talk, outbox, sent = opened(), Outbox(), []
    for at, what in enumerate(steps):
        match what:
            case "say":
                outbox.say(report(at))
            case "ask":
                outbox.ask({"at": at})
            case "next":
                more = talk.has_more(outbox)
                payload = talk.next(outbox, float(at))
                assert (payload is not None) == more
                if isinstance(found := said(payload), Numbered):
                    assert found.number == outbox.number
                    sent.append(found.number)
            case "take":
                talk.take(written(Numbered(at + 1, report(at, "second", "server2"))))
            case "acknowledge" if sent:
                talk.take(written(Acknowledged(sent.pop())))
                sent = []
    assert sent == sorted(set(sent))
    assert len(sent) <= WINDOW


@given(st.lists(st.tuples(st.integers(0, 99), st.floats(0, 10)), max_size=200))
def test_a_flood_of_refusals_is_told_seldom_and_kept_short(
    come: list[tuple[int, float]],
) -> None:
    refusals, now, told = Refusals(), 0.0, []
    for who, later in come:
        now += later
        told += [(now, event) for event in refusals.event(str(who), "x", GARBAGE, now)]

    assert len(refusals._told) <= 33
    last: dict[str, float] = {}
    for when, event in told:
        assert when - last.get(event.address, -QUIET) >= QUIET
        last[event.address] = when
    assert sum(event.times for _, event in told) <= len(come)


def test_what_was_left_out_is_counted() -> None:
    refusals = Refusals()
    told = [
        refusals.event("a", "why", FLOOD, second) for second in (0.0, 1.0, 2.0, QUIET)
    ]

    assert told == [
        [Refused("a", "why", FLOOD, 1)],
        [],
        [],
        [Refused("a", "why", FLOOD, 3)],
    ]


@given(st.lists(st.floats(-5, 500), max_size=30))
def test_a_stop_of_this_process_does_not_age_what_it_waits_for(
    gaps: list[float],
) -> None:
    awake, now = Awake(100.0), 100.0
    for gap in gaps:
        before, now = awake.time, max(now + gap, 0.0)
        awake.at(now)
        assert 0 <= awake.time - before <= 2.0 + 1e-9

    assert awake.real(awake.time) == awake.now
