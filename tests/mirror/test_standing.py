"""A condition is told when it begins, once, and that commits pass again when it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.controller.standing import Standing, standing
from pgx_mirror.core.facts import ARBITRATION, MESSAGE, Facts, Terms
from pgx_mirror.core.mark import ALONE, PAIR, SYNC, Mark
from pgx_mirror.core.report import DOWN, NAMES_SET, STOPPING, UP, Report
from pgx_mirror.core.seen import Pauses, Seen, Sender
from pgx_mirror.messages import pair, peer, server
from pgx_mirror.messages import register as of_register
from pgx_mirror.messages.message import Message, words

MARK = Mark("server1", "g", "7", 4, PAIR, register="r", policy=ARBITRATION)
TERMS = Terms("server1", "server2", ARBITRATION, "i")
PRIMARY = Facts(
    TERMS, mark=MARK, names=NAMES_SET, server=UP, failover=True, register="r",
    real_name="node2",
)  # fmt: skip
STANDBY = PRIMARY.but(mark=replace(MARK, state=SYNC), standby=True)
HEARD, SILENT = 1.0, 6.0


def numbers(facts: Facts, now: float) -> set[str]:
    return set(standing(facts, now))


@pytest.mark.parametrize(
    ("facts", "message", "reason"),
    [
        (PRIMARY, pair.COMMITS_WAIT, "the standby is silent"),
        (PRIMARY.but(register=""), pair.COMMITS_STUCK, "arbiter"),
        (PRIMARY.but(failover=False), pair.COMMITS_STUCK, "is disabled"),
        (STANDBY.but(register=""), pair.NOBODY_SERVES, "arbiter"),
        (STANDBY.but(failover=False), pair.NOT_TAKING_OVER, "is disabled"),
        (
            STANDBY.but(mark=replace(MARK, state=SYNC, policy=MESSAGE)),
            pair.NOT_TAKING_OVER,
            "message",
        ),
        (
            STANDBY.but(mark=replace(MARK, state="OUT")),
            pair.NOT_TAKING_OVER,
            "not in sync",
        ),
    ],
)
def test_silence_is_told_with_what_follows(
    facts: Facts, message: Message, reason: str
) -> None:
    found = standing(facts, SILENT)

    assert {peer.NO_RESPONSE.number, message.number} <= found.keys()
    assert reason in words(*found[message.number])
    assert message.number not in numbers(facts, HEARD)


def test_of_one_that_takes_over_nothing_else_is_told() -> None:
    """It has the pen, and is promoted as soon as its names are out."""
    taking = STANDBY.but(mark=replace(MARK, state=ALONE))

    assert numbers(taking, SILENT) == {peer.NO_RESPONSE.number}


@pytest.mark.parametrize(
    ("facts", "message"),
    [(PRIMARY, pair.COMMITS_STUCK), (STANDBY, pair.NOT_TAKING_OVER)],
)
def test_one_that_was_stopped_by_an_operator_and_streams_no_more_is_told(
    facts: Facts, message: Message
) -> None:
    """It is not missed, and so nothing happens: that must not go unsaid."""
    left = facts.but(peer=Report("server2", "j", leaving=True))

    assert numbers(left, SILENT) == {message.number} | numbers(left, HEARD)
    assert "was stopped" in words(*standing(left, SILENT)[message.number])


def test_commits_that_pass_again_are_told() -> None:
    held = Standing()
    held.news(PRIMARY, HEARD)
    begun = [message for message, _ in held.news(PRIMARY, SILENT)]
    assert {peer.NO_RESPONSE, pair.COMMITS_WAIT} <= set(begun)
    assert held.news(PRIMARY, SILENT + 1) == []
    # First it waits for one who decides, then for nobody: that is no passing.
    stuck = [message for message, _ in held.news(PRIMARY.but(register=""), SILENT + 2)]
    assert pair.COMMITS_STUCK in stuck
    assert pair.COMMITS_PASS not in stuck

    alone = PRIMARY.but(mark=replace(MARK, state=ALONE))
    assert pair.COMMITS_PASS in [one for one, _ in held.news(alone, SILENT + 3)]


def test_what_a_look_shows() -> None:
    seen = Seen("7", False, names="node2", wal_senders=10, version=150018)
    stranger = Sender("node2", 7, "192.0.2.9", 4000, "streaming", "sync", 0, 0, 0)
    with_stranger = PRIMARY.but(
        seen=replace(seen, senders=(stranger,)), strange_at=HEARD
    )
    cases = {
        server.NO_WAL_SENDER: PRIMARY.but(seen=seen),
        server.FOREIGN_BEARER: with_stranger,
        server.NO_WAL_SENDERS: PRIMARY.but(seen=replace(seen, wal_senders=0)),
        server.MUTE_WHEN_IDLE: PRIMARY.but(
            seen=replace(seen, pauses=Pauses(60.0, 60.0, 10.0))
        ),
        server.OLD_MINOR: PRIMARY.but(seen=replace(seen, version=150012)),
        server.NAMES_IN_AUTO_CONF: PRIMARY.but(
            seen=replace(seen, file="/data/postgresql.auto.conf")
        ),
        server.NAMES_ELSEWHERE: PRIMARY.but(seen=replace(seen, source="command line")),
        server.NO_WAL_RECEIVER: STANDBY.but(seen=replace(seen, recovery=True)),
        server.PROMOTED_BY_HAND: STANDBY.but(standby=False),
        server.NOT_ENDING: PRIMARY.but(left="2 processes are left"),
        of_register.STATE_LOST: PRIMARY.but(register="another"),
    }
    for message, facts in cases.items():
        found = standing(facts, HEARD)
        assert message.number in found, message
        assert '"?"' not in words(message, {"server": "s", **found[message.number][1]})


def test_what_the_peer_says() -> None:
    other = Report("server2", "j", mark=replace(MARK, owner="server2", state=ALONE))
    alone = PRIMARY.but(mark=replace(MARK, state=ALONE), heard_at=HEARD)
    both = standing(alone.but(peer=replace(other, policy=ARBITRATION)), HEARD)
    assert pair.BOTH_ALONE.number in both
    assert peer.OTHER_POLICY.number not in both

    there = replace(other, policy=ARBITRATION, register="another")
    apart = standing(PRIMARY.but(peer=there, heard_at=HEARD), HEARD)
    assert peer.OTHER_REGISTER.number in apart
    same = replace(there, register="r")
    assert peer.OTHER_REGISTER.number not in standing(PRIMARY.but(peer=same), HEARD)

    differ = standing(PRIMARY.but(peer=replace(other, policy=MESSAGE)), HEARD)
    assert peer.OTHER_POLICY.number in differ
    assert pair.BOTH_ALONE.number not in differ


@given(
    st.lists(
        st.tuples(st.sampled_from([PRIMARY, STANDBY]), st.sampled_from([HEARD, SILENT]))
    )
)
def test_nothing_is_told_twice_while_it_holds(turns: list[tuple[Facts, float]]) -> None:
    held = Standing()
    last: set[str] = set()
    for facts, now in turns:
        news = {message.number for message, _ in held.news(facts, now)}
        assert not news & last
        assert news - {pair.COMMITS_PASS.number} == numbers(facts, now) - last
        last = numbers(facts, now)


def test_no_stream_is_missed_from_a_primary_that_ends() -> None:
    looked = STANDBY.but(seen=Seen(system="7", recovery=True))
    primary = Report("server1", "b", mark=MARK)

    assert server.NO_WAL_RECEIVER.number in numbers(looked.but(peer=primary), HEARD)
    for ends in (STOPPING, DOWN):
        told = looked.but(peer=replace(primary, server=ends))
        assert server.NO_WAL_RECEIVER.number not in numbers(told, HEARD)
