"""What becomes of a word whose mc_ctl has gone, or whose controller has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pgx_mirror.controller import words
from pgx_mirror.core.facts import MARK, MESSAGE, RUN, SWITCH, Facts
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR
from pgx_mirror.messages import controller as messages
from tests.mirror.test_answering import Played, heard
from tests.mirror.test_core_wishes import formed

LATE = 1000.0


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path


def silent(facts: Facts, now: float) -> Facts:
    """Return *facts* of a server that has heard nothing of the other for long."""
    ago = now - LATE
    return facts.but(heard_at=ago, stream_at=ago)


def is_forced(played: Played) -> bool:
    """Whether an operator's word by force counts."""
    return played.facts.wish == SWITCH and played.facts.force is not None


# ---- a word by force ----------------------------------------------------------------------


def test_a_word_by_force_is_taken_back_where_mc_ctl_goes(directory: Path) -> None:
    _, standby, now = formed(MESSAGE)
    played = Played(directory, silent(standby, now), now)
    with played.asks(words.SWITCH, words.FORCE):
        assert is_forced(played)
    played.turn()

    assert played.facts.wish == RUN and not is_forced(played)
    assert [message for message, _ in played.answers.news()] == [messages.TAKEN_BACK]
    played.answers.close()


@pytest.mark.parametrize("how", ["marking", "marked"])
def test_what_is_decided_by_it_is_carried_out(directory: Path, how: str) -> None:
    _, standby, now = formed(MESSAGE)
    played = Played(directory, silent(standby, now), now)
    with played.asks(words.SWITCH, words.FORCE, words.NO_FENCING):
        assert played.facts.force is not None and standby.mark is not None
        marked = {"mark": standby.mark.to(ALONE, 3)}
        played.facts = played.facts.but(
            **(marked if how == "marked" else {"busy": frozenset({MARK})})
        )
    played.turn()

    assert played.facts.wish == SWITCH and played.answers.news() == []
    played.answers.close()


def test_any_other_word_is_carried_out(directory: Path) -> None:
    primary, _, now = formed()
    played = Played(directory, primary, now)
    with played.asks(words.SWITCH):
        pass
    played.turn()

    assert played.facts.wish == SWITCH and played.answers.news() == []
    played.answers.close()


# ---- a switch that the other was asked for ------------------------------------------------


def begun_anew(facts: Facts, now: float, state: str) -> Facts:
    """Return *facts* once another controller of the other server is heard, its mark *state*."""
    peer = facts.peer
    assert peer is not None and peer.mark is not None
    said = replace(peer, incarnation="another", mark=peer.mark.to(state, 3))
    return facts.but(peer=said, heard_at=now)


@pytest.mark.parametrize(("state", "forgotten"), [(PAIR, True), (GIVEN, False)])
def test_another_controller_of_the_primary_knows_nothing_of_a_switch(
    directory: Path, state: str, forgotten: bool
) -> None:
    """But what the one before has promised stands."""
    _, standby, now = formed()
    played = Played(directory, standby, now)
    with played.asks(words.SWITCH) as waits:
        assert heard(waits) == []
        played.facts = begun_anew(played.facts, now, state)
        played.turn()
        said = heard(waits)
    assert bool(said) == forgotten
    for last in said:
        assert isinstance(last, words.Refused)
        assert "was begun anew meanwhile" in last.reasons[0].primary
    played.answers.close()
