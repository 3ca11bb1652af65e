"""What is told of a step: a switch that was asked for is no failure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgx_mirror.controller import news
from pgx_mirror.core.facts import ARBITRATION, RUN, STOP, SWITCH, Facts, Terms
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR, SYNC, Mark
from pgx_mirror.core.report import UP, Report
from pgx_mirror.messages import pair
from pgx_mirror.messages.message import Message

MARK = Mark("server2", "g", "7", 4, ALONE, pair=2, register="r", policy=ARBITRATION)
GAVE = replace(MARK, owner="server1", generation="h", state=GIVEN)
STANDBY = Facts(
    Terms("server2", "server1", ARBITRATION, "i"), mark=MARK, server=UP, standby=True
)


@pytest.mark.parametrize(
    ("wish", "database", "message"),
    [
        (SWITCH, "normal", pair.SWITCHED_AS_ASKED),
        (STOP, "normal", pair.SWITCHED_AS_ASKED),
        (RUN, "the postmaster is gone", pair.SWITCHED),
    ],
)
def test_who_asked_for_a_switch_is_not_told_of_a_failure(
    wish: str, database: str, message: Message
) -> None:
    peer = Report("server1", "b", mark=GAVE, wish=wish, database=database)
    before = STANDBY.but(peer=peer)

    told = [one for one, _ in news.of(before, before.but(standby=False))]

    assert told == [pair.PROMOTED, message]


def test_a_silent_primary_has_asked_for_nothing() -> None:
    told = [one for one, _ in news.of(STANDBY, STANDBY.but(standby=False))]

    assert told == [pair.PROMOTED, pair.SWITCHED]


@pytest.mark.parametrize(
    ("database", "disk", "reason"),
    [
        ("normal", "abnormal(EROFS)", "abnormal(EROFS)"),
        ("abnormal(no answer)", "normal", "abnormal(no answer)"),
        ("normal", "normal", "it does not answer"),
    ],
)
def test_a_standby_is_left_for_what_it_says_is_wrong(
    database: str, disk: str, reason: str
) -> None:
    sync = replace(MARK, owner="server1", state=SYNC)
    peer = Report("server1", "b", mark=sync, wish=RUN, database=database, disk=disk)
    before = STANDBY.but(standby=False, mark=replace(MARK, state=PAIR), peer=peer)

    told = list(news.of(before, before.but(mark=replace(MARK, epoch=6))))

    assert [
        given["reason"] for one, given in told if one == pair.DETACHED_FOR_ERROR
    ] == [reason]
