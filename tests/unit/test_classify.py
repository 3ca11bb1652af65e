"""Each row of the probe's table."""

from __future__ import annotations

import pytest

from pgx_postgres.watch.classify import (
    UNREAD,
    Circumstances,
    ErrorReply,
    NoReply,
    Outcome,
    PasswordAsked,
    Row,
    Silence,
    is_crowd,
    meaning,
)
from pgx_postgres.watch.watched import Answered, Event, Failed, FaultNow, Ignored

PLAIN = Circumstances(status="ready")
WARN = Circumstances(status="ready", auth_fault=False)
TRANSITION = Circumstances(status="stopping", transition=True)
STANDBY = Circumstances(status="standby")


def kind(event: Event) -> str:
    if isinstance(event, Answered):
        return "answered" if event.warning is None else "warning"
    return type(event).__name__


@pytest.mark.parametrize(
    ("outcome", "seen", "want"),
    [
        (Row(), PLAIN, "answered"),
        (Row(), TRANSITION, "answered"),
        (NoReply(Silence.REFUSED), PLAIN, "Failed"),
        (NoReply(Silence.NO_SOCKET), PLAIN, "Failed"),
        (NoReply(Silence.CUT), PLAIN, "Failed"),
        (NoReply(Silence.CUT), TRANSITION, "Failed"),
        (ErrorReply("53000"), PLAIN, "Failed"),
        (ErrorReply("53200"), PLAIN, "Failed"),
        (ErrorReply("53400"), PLAIN, "Failed"),
        (ErrorReply("58000"), PLAIN, "Failed"),
        (ErrorReply("58030"), PLAIN, "Failed"),
        (ErrorReply("53300"), PLAIN, "warning"),
        (ErrorReply("53100"), PLAIN, "warning"),
        (ErrorReply("55000"), PLAIN, "warning"),
        (ErrorReply("3D000"), PLAIN, "warning"),
        (ErrorReply("58P01"), PLAIN, "warning"),
        (ErrorReply("58P02"), PLAIN, "warning"),
        (ErrorReply("XX001"), PLAIN, "warning"),
        (ErrorReply("XX002"), PLAIN, "warning"),
        (ErrorReply("57P03"), STANDBY, "warning"),
        (ErrorReply("57P03"), TRANSITION, "Ignored"),
        (ErrorReply("57P03"), PLAIN, "FaultNow"),
        (ErrorReply("57P03"), Circumstances(), "FaultNow"),
        (ErrorReply("57P03"), Circumstances(UNREAD), "Failed"),
        (ErrorReply("28000"), PLAIN, "Failed"),
        (ErrorReply("28P01"), PLAIN, "Failed"),
        (ErrorReply("28P01"), WARN, "warning"),
        (PasswordAsked(), PLAIN, "Failed"),
        (PasswordAsked(), WARN, "warning"),
        (ErrorReply("57P01"), PLAIN, "warning"),
        (ErrorReply("XX000"), PLAIN, "warning"),
        (ErrorReply("42501"), PLAIN, "warning"),
    ],
)
def test_the_table(outcome: Outcome, seen: Circumstances, want: str) -> None:
    assert kind(meaning(outcome, 1, "template1", seen)) == want


@pytest.mark.parametrize(
    "outcome",
    [
        Row(),
        ErrorReply("28P01"),
        ErrorReply("53200"),
        ErrorReply("57P03"),
        PasswordAsked(),
    ],
)
def test_any_reply_is_a_second_opinion(outcome: Outcome) -> None:
    got = meaning(outcome, 4, "postgres", PLAIN)

    assert isinstance(got, Answered)
    assert (got.number, got.database) == (4, "postgres")


@pytest.mark.parametrize("database", ["template1", "postgres"])
@pytest.mark.parametrize(
    ("code", "shut"),
    [
        *((code, True) for code in ("XX000", "58P01", "58P02", "42704", "P0001")),
        *((code, False) for code in ("53300", "53100", "55000", "3D000", "42501")),
        *((code, False) for code in ("XX001", "XX002", "28000", "28P01")),
    ],
)
def test_what_shuts_a_database_on_this_node_alone(
    database: str, code: str, shut: bool
) -> None:
    got = meaning(ErrorReply(code), 1, database, WARN)

    assert isinstance(got, Answered)
    assert got.shut == (code if shut else "")


@pytest.mark.parametrize("how", list(Silence))
def test_no_reply_is_no_second_opinion(how: Silence) -> None:
    got = meaning(NoReply(how), 4, "postgres", PLAIN)

    assert isinstance(got, Failed)


def test_what_a_server_gives_under_load_is_tried_again() -> None:
    crowd = {how for how in Silence if is_crowd(how)}

    assert crowd == {Silence.FULL, Silence.NO_PORT, Silence.PASSED}


def test_events_name_their_question() -> None:
    want: list[Event] = [Answered(7), Ignored(7)]

    got = [
        meaning(Row(), 7, "template1", PLAIN),
        meaning(ErrorReply("57P03"), 7, "template1", TRANSITION),
    ]

    assert got == want
    fault = meaning(ErrorReply("57P03"), 7, "template1", PLAIN)
    assert isinstance(fault, FaultNow)
    assert fault.number == 7
