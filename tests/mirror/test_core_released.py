"""Names that were taken out: when commits are known to pass, and who has read them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.controller import view
from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.looks import looked
from pgx_mirror.core.deciding.step import step
from pgx_mirror.core.deciding.wake import is_looked_for
from pgx_mirror.core.deciding.wishes import DONE, outcome, refusal
from pgx_mirror.core.effects import Effect, WriteNames
from pgx_mirror.core.facts import CONF, DETACH, SERVER, SWITCH, Facts
from pgx_mirror.core.mark import ALONE, OUT, PAIR
from pgx_mirror.core.report import (
    DOWN,
    NAMES_OUT,
    NAMES_SET,
    STARTING,
    STOPPING,
    UNSURE,
    UP,
)
from pgx_mirror.core.seen import Seen
from tests.mirror.test_core_wishes import asked, formed, marked

SHOWN = Seen("77", False)  # no names


def released(wish: str = DETACH) -> tuple[Facts, float]:
    """Return what a primary knows that was told to go on alone, its names just written."""
    primary, _, now = formed()
    facts = asked(marked(primary, ALONE, 4), wish, now)
    facts = facts.but(busy=frozenset({CONF}), arming=None)
    facts, _ = step(facts, told.NamesAre(NAMES_OUT, "server2"), now + 1)
    return facts, now + 2


def after(facts: Facts, now: float, *looks: Seen) -> Facts:
    for seen in looks:
        facts = looked(facts, seen, now, now)
    return facts


@pytest.mark.parametrize("wish", [DETACH, SWITCH])
def test_it_is_done_once_a_commit_passes_that_was_begun_with_the_names_out(
    wish: str,
) -> None:
    facts, now = released(wish)
    assert outcome(facts, now) is None
    assert is_looked_for(facts)

    facts = after(facts, now, replace(SHOWN, probe_waits=True))
    facts = after(facts, now, replace(SHOWN, probe=70))  # the standby's doing, perhaps
    assert outcome(facts, now) is None

    facts = after(facts, now, replace(SHOWN, probe_waits=True))
    assert outcome(facts, now) is None

    facts = after(facts, now, replace(SHOWN, probe=80))
    assert outcome(facts, now) is not None
    assert wish == SWITCH or outcome(facts, now) == DONE
    assert not is_looked_for(facts)


def test_names_that_are_shown_out_are_no_proof_and_that_is_said_in_the_end() -> None:
    """A checkpointer that is stopped or busy applies nothing (facts 1, E3)."""
    facts, now = released()
    facts = after(facts, now, *[replace(SHOWN, probe_waits=True)] * 9)
    late = facts.since + facts.terms.patience

    assert outcome(facts, late - 0.1) is None
    found = outcome(facts, late)
    assert found is not None
    assert "no commit has been seen to pass" in found.why


def test_what_was_seen_before_they_were_written_does_not_count() -> None:
    facts, now = released()
    for _ in range(3):
        facts = looked(facts, replace(SHOWN, probe=70), facts.conf_at - 0.1, now)

    assert outcome(facts, now) is None


def test_a_server_that_is_down_has_no_commits() -> None:
    facts, now = released()

    assert outcome(facts.but(server=DOWN), now) == DONE
    assert outcome(facts.but(server=UNSURE), now) is None


def test_a_standby_that_was_disconnected_hears_that_its_primary_goes_on() -> None:
    primary, standby, now = formed()
    standby = asked(marked(standby, OUT, 4), DETACH, now)
    assert standby.peer is not None
    assert outcome(standby, now) is None

    alone = replace(standby.peer, mark=marked(primary, ALONE, 4).mark)
    assert outcome(standby.but(peer=alone), now) == DONE


def test_one_that_has_left_a_primary_without_a_controller_says_that_commits_wait() -> (
    None
):
    """The controller has died between the promise and its taking the names out."""
    _, standby, now = formed()
    standby = asked(marked(standby, OUT, 4), DETACH, now)
    late = standby.heard_at + standby.terms.limit
    assert outcome(standby, late - 0.1) is None
    assert "commits wait" not in told_of(standby, late - 0.1)

    found = outcome(standby, late)
    assert found is not None and "commits wait" in found.why
    assert f'mc_ctl start on server "{standby.terms.other}"' in found.hint
    assert f'commits wait on server "{standby.terms.other}", if' in told_of(
        standby, late
    )
    streams = standby.but(stream_at=late)
    assert f'commits wait on server "{standby.terms.other}": ' in told_of(streams, late)


def told_of(facts: Facts, now: float) -> str:
    return "".join(reason.text for reason in view.reasons(facts, now))


def test_a_standby_does_not_leave_a_primary_whose_controller_is_away() -> None:
    """Its server goes on and commits; nobody there would take the name out."""
    primary, standby, _ = formed()
    late = standby.heard_at + standby.terms.limit
    assert refusal(standby, DETACH, late - 0.1) is None

    for stream_at in (late, 0.0):
        found = refusal(standby.but(stream_at=stream_at), DETACH, late)
        assert found is not None and "commits would wait" in found.why
        assert f'mc_ctl start on server "{standby.terms.other}"' in found.hint
    assert refusal(primary, DETACH, primary.heard_at + primary.terms.limit) is None


looks = st.builds(
    Seen,
    system=st.just("77"),
    recovery=st.just(False),
    names=st.sampled_from(["", "", "server2"]),
    probe=st.sampled_from([0, 70]),
    probe_waits=st.booleans(),
)


@given(st.lists(st.tuples(looks, st.sampled_from([-1.0, 0.0, 1.0])), max_size=8))
def test_commits_pass_by_two_looks_at_least(taken: list[tuple[Seen, float]]) -> None:
    """One with the names out and no commit on its way, and a later one whose commit is back."""
    facts, now = released()
    began_at = facts.conf_at
    for seen, late in taken:
        facts = looked(facts, seen, began_at + late, now)

    count = [seen for seen, late in taken if late >= 0 and not seen.names]
    first = next(
        (i for i, seen in enumerate(count) if not seen.probe_waits), len(count)
    )
    assert facts.freed == any(seen.probe for seen in count[first + 1 :])


# --- which server has read them ----------------------------------------------------------


def names_of(effects: tuple[Effect, ...]) -> list[str]:
    return [effect.names for effect in effects if isinstance(effect, WriteNames)]


def starts() -> tuple[Facts, float]:
    """A pair's primary that is being started; its standby has promised to stay out."""
    primary, _, now = formed()
    assert primary.mark is not None and primary.peer is not None
    assert primary.peer.mark is not None
    out = replace(primary.peer, mark=replace(primary.peer.mark, state=OUT, epoch=4))
    facts = marked(primary, PAIR, 2, peer_generation=primary.mark.peer_generation)
    facts = facts.but(server=STARTING, busy=frozenset({SERVER}), names=NAMES_SET)
    facts, _ = step(facts, told.Heard(out), now)
    assert facts.mark is not None
    return facts, now


def test_no_names_are_written_while_a_server_starts_but_as_soon_as_it_has() -> None:
    """The postmaster is not known yet, so none would be told to read them."""
    facts, now = starts()
    facts, effects = step(facts, told.Wrote(facts.mark.to(ALONE, 4)), now)  # type: ignore[union-attr]
    assert names_of(effects) == []

    _, effects = step(facts, told.ServerIs(UP, False), now + 30)
    assert names_of(effects) == [NAMES_OUT]


@pytest.mark.parametrize("state", [UNSURE, STOPPING])
def test_a_server_that_is_found_is_told_of_the_names_whatever_it_has_read(
    state: str,
) -> None:
    primary, _, now = formed()
    facts, effects = step(primary, told.ServerIs(state, False), now)
    assert names_of(effects) == []

    _, effects = step(facts, told.ServerIs(UP, False), now + 1)
    assert names_of(effects) == [NAMES_SET]


def test_names_that_were_being_written_while_it_was_found_are_written_again() -> None:
    primary, _, now = formed()
    facts, effects = step(primary.but(names_unsure=True), told.Tick(), now)
    assert names_of(effects) == [NAMES_SET]
    facts, _ = step(facts, told.ServerIs(UNSURE, False), now + 1)
    facts, _ = step(facts, told.ServerIs(UP, False), now + 2)

    _, effects = step(facts, told.NamesAre(NAMES_SET, "server2"), now + 3)
    assert names_of(effects) == [NAMES_SET]
