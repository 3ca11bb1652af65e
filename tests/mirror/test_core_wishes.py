"""An operator's word: what is refused at once, when it is done, and when it has failed."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.deciding.step import step
from pgx_mirror.core.deciding.wake import wake
from pgx_mirror.core.deciding.wishes import DONE, outcome, refusal
from pgx_mirror.core.events import Heard
from pgx_mirror.core.facts import (
    ARBITRATION,
    DETACH,
    LEAVE,
    MESSAGE,
    REST,
    RUN,
    STOP,
    STOP_ALL,
    SWITCH,
    Facts,
)
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, NAMES_OUT, STOPPING, UP
from tests.mirror.world import A, B, World

WISHES = (SWITCH, DETACH, STOP, STOP_ALL)


@cache
def formed(policy: str = ARBITRATION) -> tuple[Facts, Facts, float]:
    """Return what both know of a whole pair, and when."""
    world = World(policy=policy).begin()
    world.run(5)
    return world.facts[A], world.facts[B], world.now


def marked(facts: Facts, state: str, epoch: int, **changes: object) -> Facts:
    assert facts.mark is not None
    return facts.but(mark=facts.mark.to(state, epoch, **changes))


def asked(facts: Facts, wish: str, now: float) -> Facts:
    return facts.but(wish=wish, since=now)


@pytest.mark.parametrize("wish", WISHES)
def test_a_whole_pair_takes_every_word(wish: str) -> None:
    primary, standby, now = formed()

    assert refusal(primary, wish, now) is None
    if wish != SWITCH:
        assert refusal(standby, wish, now) is None


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("busy_with", [SWITCH, DETACH, STOP])
def test_one_action_at_a_time(wish: str, busy_with: str) -> None:
    primary, _, now = formed()
    found = refusal(asked(primary, busy_with, now), wish, now)

    assert found is not None
    assert busy_with in found.why


def test_a_standby_takes_over_by_its_own_word_only_from_a_silent_primary() -> None:
    _, standby, now = formed()
    found = refusal(standby, SWITCH, now)
    assert found is not None and "not silent yet" in found.why
    silent = max(standby.heard_at, standby.stream_at) + standby.terms.limit
    assert refusal(standby, SWITCH, silent) is None

    away = standby.but(register="", cell=None)
    found = refusal(away, SWITCH, silent)
    assert found is not None and "nobody" not in found.why
    assert "the arbiter, which could say" in found.why


def test_no_switch_without_a_standby_that_can_take_over() -> None:
    primary, _, now = formed()
    assert primary.peer is not None
    paused = replace(primary.peer, unable=("replay is paused",))
    found = refusal(primary.but(peer=paused), SWITCH, now)
    assert found is not None and "replay is paused" in found.why

    found = refusal(marked(primary, ALONE, 3), SWITCH, now)
    assert found is not None and "no standby is in sync" in found.why

    unheard = primary.heard_at + primary.terms.limit
    found = refusal(primary, SWITCH, unheard)
    assert found is not None and "does not answer" in found.why


@pytest.mark.parametrize(("policy", "met"), [(ARBITRATION, 0), (MESSAGE, 2)])
def test_a_silent_standby_is_disconnected_where_somebody_can_decide(
    policy: str, met: int
) -> None:
    primary, _, _ = formed(policy)
    late = primary.heard_at + primary.terms.limit
    assert refusal(primary.but(met=met), DETACH, late) is None

    blind = primary.but(register="", cell=None, met=0)
    found = refusal(blind, DETACH, late)
    assert found is not None and "nobody can say" in found.why


@pytest.mark.parametrize(
    ("policy", "met", "decides"),
    [(MESSAGE, 2, True), (MESSAGE, 0, False), (ARBITRATION, 0, True)],
)
def test_one_whose_directory_has_gone_is_disconnected_where_somebody_can_decide(
    policy: str, met: int, decides: bool
) -> None:
    """A standby is heard there, which has promised nothing and cannot."""
    primary, standby, now = formed(policy)
    assert standby.mark is not None
    other = replace(standby.mark.to(NEW, 0), generation="c" * 32)
    said = report_of(standby.but(mark=other), now)
    facts, _ = step(primary.but(failover=False), Heard(said), now)
    found = refusal(facts.but(met=met), DETACH, now)
    assert (found is None) == decides
    assert found is None or "mc_ctl detach --force here" in found.hint

    away = refusal(facts.but(met=0, register=""), DETACH, now)
    assert away is not None and "data directory" in away.why


def test_a_switch_is_done_once_the_other_serves() -> None:
    primary, _, now = formed()
    assert primary.peer is not None and primary.peer.mark is not None
    gave = asked(marked(primary, GIVEN, 4, pair=2), SWITCH, now).but(server=DOWN)
    assert outcome(gave, now) is None
    took = replace(primary.peer, mark=primary.peer.mark.to(ALONE, 4, pair=2))
    assert outcome(gave.but(peer=took), now) is None  # not promoted yet

    serves = replace(took, standby=False, server=UP)
    assert outcome(gave.but(peer=serves), now) == DONE


def test_a_switch_that_came_to_nothing_says_so() -> None:
    primary, _, now = formed()
    back = asked(marked(primary, ALONE, 4), SWITCH, now).but(
        names=NAMES_OUT, freed=True
    )
    found = outcome(back, now)

    assert found is not None
    assert "did not take over" in found.why


@pytest.mark.parametrize("wish", [SWITCH, DETACH])
def test_no_word_is_waited_for_without_an_end(wish: str) -> None:
    primary, _, now = formed()
    facts = asked(primary, wish, now)
    late = now + facts.terms.patience
    if wish == DETACH:
        assert outcome(facts, now) is None
    else:
        facts = marked(facts, GIVEN, 4, pair=2).but(server=DOWN)
    found = outcome(facts, late)

    assert found is not None
    assert "not done within 70 s" in found.why
    at = now
    while at < late:
        at = wake(facts, at)
    assert at == late


def test_a_disconnection_is_done_by_either_side() -> None:
    primary, standby, now = formed()
    alone = asked(marked(primary, ALONE, 4), DETACH, now)
    assert outcome(alone, now) is None  # commits still wait
    assert outcome(alone.but(names=NAMES_OUT, freed=True), now) == DONE
    assert standby.peer is not None
    free = replace(standby.peer, mark=alone.mark)
    out = asked(marked(standby, OUT, 4), DETACH, now).but(peer=free)
    assert outcome(out, now) == DONE


def test_a_stop_waits_for_what_it_owes() -> None:
    primary, standby, now = formed()
    down = asked(standby, STOP, now).but(server=DOWN)
    assert outcome(down, now) is None  # its primary waits for it
    assert outcome(marked(down, OUT, 4), now) == DONE
    stopped = asked(primary, STOP, now).but(server=DOWN)
    assert outcome(stopped, now) is None  # it hands over first
    assert outcome(stopped.but(failover=False), now) == DONE
    assert outcome(asked(primary, STOP_ALL, now).but(server=DOWN), now) == DONE
    assert outcome(asked(primary, STOP_ALL, now), now) is None


@pytest.mark.parametrize("wish", [REST, LEAVE])
def test_what_asks_for_nothing_is_done(wish: str) -> None:
    primary, _, now = formed()

    assert outcome(asked(primary, wish, now), now) == DONE


def test_a_start_is_done_once_its_server_was_looked_at() -> None:
    primary, _, now = formed()
    assert outcome(asked(primary, RUN, now), now) == DONE
    unseen = asked(primary, RUN, now).but(seen=None, up_at=now)
    assert outcome(unseen, now) is None
    assert outcome(unseen, now + primary.terms.limit) == DONE

    failed = asked(primary, RUN, now).but(server=DOWN, start_failed="no such file")
    found = outcome(failed, now)
    assert found is not None and found.why == "no such file"


def test_marks_are_as_the_stories_have_them() -> None:
    primary, standby, _ = formed()
    assert primary.mark is not None and standby.mark is not None

    assert (primary.mark.state, standby.mark.state) == (PAIR, SYNC)


def test_a_refusal_of_the_directory_names_no_log_of_a_server_that_was_not_begun() -> (
    None
):
    _, standby, now = formed()
    failed = asked(standby, RUN, now).but(server=DOWN, start_failed="No space left.")
    refused = failed.but(mark=None, fresh=None)

    begun, never = outcome(failed, now), outcome(refused, now)

    assert begun is not None and "log of its server" in begun.hint
    assert never is not None and (never.why, never.hint) == ("No space left.", "")


def test_a_deposed_server_that_runs_is_stopped_before_its_start_is_refused() -> None:
    """The refusal ends the controller, and with it the hand that stops the server."""
    primary, _, now = formed()
    assert primary.peer is not None
    deposed = asked(marked(primary, GIVEN, 7), RUN, now)

    down = outcome(deposed.but(server=DOWN), now)

    for server in (UP, STOPPING):
        assert outcome(deposed.but(server=server), now) is None
    assert down is not None and "mc_ctl setup" in down.hint
    late = outcome(deposed.but(server=STOPPING), now + primary.terms.limit)
    assert late is not None and "pg_ctl stop" in late.hint
