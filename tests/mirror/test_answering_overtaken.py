"""Who has asked for an action hears what came of it, whatever becomes of the other server."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgx_mirror.controller import words
from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.step import step
from pgx_mirror.core.effects import Start
from pgx_mirror.core.facts import RUN, SERVER, STOP_ALL, Facts
from pgx_mirror.core.mark import ALONE
from pgx_mirror.core.report import DOWN, STOPPING, UP
from tests.mirror.test_answering import Played, heard
from tests.mirror.test_core_wishes import formed, marked

STOPS_ALL: dict[str, object] = {"wish": "stop all"}


def asked_for_a_switch(directory: Path) -> tuple[Played, float]:
    """Return a standby in sync, and when; its primary answers."""
    _, standby, now = formed()
    return Played(directory, standby, now), now


def refused(said: list[words.Answer]) -> str:
    (last,) = said
    assert isinstance(last, words.Refused)
    return last.reasons[0].primary


def test_who_asked_for_a_switch_hears_that_its_primary_has_died_over_it(
    tmp_path: Path,
) -> None:
    played, now = asked_for_a_switch(tmp_path)
    with played.asks(words.SWITCH) as waits:
        played.now = now + played.facts.terms.limit - 0.1
        played.turn()
        assert heard(waits) == []
        played.now += 0.2
        played.turn()

        assert "does not answer any more" in refused(heard(waits))
    played.answers.close()


def test_a_primary_that_has_forgotten_a_switch_is_not_waited_for(
    tmp_path: Path,
) -> None:
    """Its controller was begun anew meanwhile: it is heard, and knows nothing of it."""
    played, now = asked_for_a_switch(tmp_path)
    terms = played.facts.terms
    with played.asks(words.SWITCH) as waits:
        played.now = now + terms.patience + terms.limit
        played.facts = played.facts.but(heard_at=played.now)
        played.turn()

        assert "nobody has said in time" in refused(heard(waits))
    played.answers.close()


def test_a_standby_that_was_given_the_pen_is_waited_for(tmp_path: Path) -> None:
    played, now = asked_for_a_switch(tmp_path)
    with played.asks(words.SWITCH) as waits:
        took = marked(played.facts, ALONE, 4, pair=2)
        played.facts, played.now = took, now + played.facts.terms.patience
        played.turn()
        assert heard(waits) == []
        played.facts = took.but(standby=False, server=UP)
        played.turn()

        assert heard(waits) == [words.Done({})]
    played.answers.close()


def test_a_switch_that_nobody_waits_for_any_more_ends_no_other_action(
    tmp_path: Path,
) -> None:
    played, _ = asked_for_a_switch(tmp_path)
    played.asks(words.SWITCH).close()
    played.turn()
    with played.asks(words.DETACH) as waits:
        played.facts = played.facts.but(standby=False, server=UP)
        played.turn()

        assert heard(waits) == []
    played.answers.close()


@pytest.mark.parametrize(
    ("side", "verb"), [(0, words.SWITCH), (1, words.SWITCH), (0, words.DETACH)]
)
def test_an_action_is_not_said_to_be_done_where_the_other_server_stops_all(
    tmp_path: Path, side: int, verb: str
) -> None:
    *both, now = formed()
    facts = both[side]
    assert isinstance(facts, Facts)
    played = Played(tmp_path, facts, now)
    with played.asks(verb) as waits:
        for event in played.answers.asked_by_peer(STOPS_ALL, played.facts, now):
            played.facts, _ = step(played.facts, event, now)
        assert played.facts.wish == STOP_ALL
        for ended in (told.ServerIs(DOWN, side == 1), told.Stopped("", 1)):
            played.facts, _ = step(played.facts, ended, now)
        played.turn()

        assert "mc_ctl stop -a" in refused(heard(waits))
    assert played.answers.is_over()
    played.answers.close()


@pytest.mark.parametrize("options", [(), ("all",)])
def test_a_stop_that_takes_longer_goes_on(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Whoever waits is told so; the server is not started again once it has stopped."""
    primary, _, now = formed()
    played = Played(tmp_path, primary.but(failover=False), now)
    with played.asks(words.STOP, *options) as waits:
        wish = played.facts.wish
        stopping = played.facts.but(server=STOPPING, busy=frozenset({SERVER}))
        played.facts, played.now = stopping, now + primary.terms.patience
        assert told.Wished(RUN) not in played.turn()
        assert "not done within 70 s" in refused(heard(waits))
    for ended in (told.ServerIs(DOWN, False), told.Stopped("", 1)):
        played.facts, effects = step(played.facts, ended, played.now)
        assert Start() not in effects
    played.turn()

    assert played.facts.wish == wish
    assert played.answers.is_over()
    played.answers.close()


def test_a_stop_of_this_server_is_done_where_the_other_one_stops_all(
    tmp_path: Path,
) -> None:
    primary, _, now = formed()
    played = Played(tmp_path, primary.but(failover=False), now)
    with played.asks(words.STOP) as waits:
        for event in played.answers.asked_by_peer(STOPS_ALL, played.facts, now):
            played.facts, _ = step(played.facts, event, now)
        for ended in (told.ServerIs(DOWN, False), told.Stopped("", 1)):
            played.facts, _ = step(played.facts, ended, now)
        played.turn()

        assert heard(waits) == [words.Done({})]
    played.answers.close()
