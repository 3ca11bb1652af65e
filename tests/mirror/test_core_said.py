"""What holds of any facts: what they are after an outcome, what is said, what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pgx_mirror.core import events as told
from pgx_mirror.core import facts as facts_
from pgx_mirror.core.deciding.learn import learn
from pgx_mirror.core.deciding.refusals import refusal
from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.deciding.starting import ran
from pgx_mirror.core.deciding.wishes import DONE
from pgx_mirror.core.events import Event
from pgx_mirror.core.facts import CONF, DETACH, MARK, REST, RUN, SERVER, SWITCH, Facts
from pgx_mirror.core.known import basics, names, primary, register, running
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR, SYNC
from pgx_mirror.core.report import DOWN, NAMES_SET, STARTING, UP
from tests.mirror.some_facts import NOW, SERVERS, WISHES, cell_of, marks, some_facts
from tests.mirror.test_core_wishes import formed

# Few facts meet some conditions; where none does, hypothesis says so.
rare = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)

# --- outcomes ----------------------------------------------------------------------------

ends: dict[str, st.SearchStrategy[Event]] = {
    MARK: st.builds(told.Wrote, marks("a"))
    | st.builds(told.MarkFailed, st.just("why"), st.booleans()),
    CONF: st.builds(told.NamesAre, st.sampled_from(["out", "set"]), st.just("b"))
    | st.builds(told.NamesFailed, st.just("why")),
    SERVER: st.builds(told.Started, st.sampled_from(["", "why"]))
    | st.builds(told.Stopped, st.sampled_from(["", "left"]), st.integers(0, 9))
    | st.builds(told.Promoted, st.sampled_from(["", "why"]), st.booleans()),
    facts_.REGISTER: st.builds(told.Answered, cell_of, st.sampled_from([0.0, 3.0])),
    facts_.BEARS: st.builds(told.Bears, st.sampled_from(["", "a"])),
    facts_.PROOF: st.sampled_from(
        [told.ProvedOff(), told.ProofFailed("why"), told.Freed(1)]
    ),
}


@pytest.mark.parametrize("resource", sorted(ends))
@rare
@given(st.data())
def test_each_outcome_gives_back_what_it_took_and_nothing_else(
    resource: str, data: st.DataObject
) -> None:
    facts = data.draw(some_facts())
    event = data.draw(ends[resource])
    facts = facts.but(busy=facts.busy | {resource})

    after = learn(facts, event, NOW)

    assert after.busy == facts.busy - {resource}


@rare
@given(some_facts(), marks("a"))
def test_a_mark_that_is_durable_is_the_mark_and_settles_all_doubt(
    facts: Facts, mark: object
) -> None:
    after = learn(facts, told.Wrote(mark), NOW)  # type: ignore[arg-type]

    assert (after.mark, after.unsure, after.mark_failed) == (mark, False, "")


@rare
@given(some_facts(), st.booleans())
def test_a_failed_write_is_no_mark_and_doubt_stays(facts: Facts, unsure: bool) -> None:
    after = learn(facts, told.MarkFailed("why", unsure), NOW)

    assert after.mark == facts.mark
    assert after.unsure == (facts.unsure or unsure)
    assert after.retry_at > NOW


# --- what is said ------------------------------------------------------------------------


@rare
@given(some_facts())
def test_nothing_is_said_of_a_mark_that_is_not_settled(facts: Facts) -> None:
    said = report_of(facts, NOW)

    assert (said.mark is None) == facts.unsure
    assert said.owner == "a" and said.incarnation == "a1"


@rare
@given(some_facts(calm=True))
def test_in_sync_is_said_by_a_pairs_primary_whose_names_are_set(facts: Facts) -> None:
    said = report_of(facts, NOW)
    assume(said.granted)

    assert basics.is_in(facts, PAIR)
    assert names.are(facts, NAMES_SET)


@rare
@given(some_facts())
def test_a_challenge_is_answered_by_who_was_asked_while_it_streams(
    facts: Facts,
) -> None:
    said, peer = report_of(facts, NOW), facts.peer
    assume(said.have is not None)
    assert said.have is not None and peer is not None and facts.seen is not None

    assert said.have.challenge == peer.challenge != ""
    assert said.have.generation == peer.joining == basics.mark(facts).generation
    assert facts.seen.recovery and facts.seen.receiver is not None
    assert said.have.flushed == facts.seen.received


@rare
@given(some_facts())
def test_what_is_wrong_is_said_and_nothing_else(facts: Facts) -> None:
    said = report_of(facts, NOW)

    assert (said.database == "normal") == (not facts.fault)
    assert (said.disk == "normal") == (not facts.disk)


# --- an operator's word ------------------------------------------------------------------


@rare
@given(some_facts(), st.sampled_from(WISHES))
def test_nothing_is_begun_beside_another_word(facts: Facts, wish: str) -> None:
    refused = refusal(facts, wish, NOW)

    if facts.wish not in (RUN, REST):
        assert refused is not None and facts.wish in refused.why
    assert refused is None or refused.why


@rare
@given(
    st.sampled_from([(), ("replay is paused",)]),
    st.sampled_from([UP, DOWN, STARTING]),
    st.sampled_from(["normal", "abnormal(why)"]),
    st.sampled_from([RUN, facts_.STOP, facts_.LEAVE]),
)
def test_a_switch_is_begun_if_and_only_if_the_standby_can_take_over(
    unable: tuple[str, ...], server: str, database: str, wish: str
) -> None:
    facts, _, now = formed()
    assert facts.peer is not None
    peer = replace(facts.peer, unable=unable, server=server)
    facts = facts.but(peer=replace(peer, database=database, wish=wish))
    able = (unable, server, database, wish) == ((), UP, "normal", RUN)

    assert (refusal(facts, SWITCH, now) is None) == able == primary.can_take(facts, now)


@rare
@given(some_facts(calm=True))
def test_a_detach_that_is_begun_has_somebody_to_decide(facts: Facts) -> None:
    assume(facts.wish in (RUN, REST) and refusal(facts, DETACH, NOW) is None)

    assert basics.is_in(facts, PAIR, SYNC)
    decides = register.is_register(facts) or facts.met == basics.mark(facts).epoch
    assert facts.standby or basics.is_heard(facts, NOW) or decides


# --- a start -----------------------------------------------------------------------------


@rare
@given(some_facts())
def test_a_start_is_done_only_with_a_server_that_a_superuser_may_look_at(
    facts: Facts,
) -> None:
    assume(ran(facts, NOW) == DONE)

    assert facts.server == UP
    assert facts.seen is None or facts.seen.superuser


@rare
@given(some_facts())
def test_a_start_that_failed_is_told_in_its_own_words(facts: Facts) -> None:
    assume(facts.server != UP and facts.start_failed)
    found = ran(facts, NOW)

    assert found is not None
    assert found.why == facts.start_failed


@rare
@given(some_facts(), st.sampled_from([STARTING, *SERVERS]))
def test_a_server_that_is_found_up_has_started_whatever_was_said_of_its_start(
    facts: Facts, server: str
) -> None:
    """One that was too late goes on, and later may be started again."""
    after = learn(facts, told.ServerIs(server, facts.standby), NOW)

    assert after.start_failed == ("" if server == UP else facts.start_failed)


@rare
@given(some_facts())
def test_what_was_deposed_or_set_up_anew_is_never_started_as_it_is(
    facts: Facts,
) -> None:
    deposed = facts.but(server=DOWN, start_failed="", since=NOW - 60)
    assume(basics.is_in(facts, GIVEN))
    found = ran(deposed, NOW)

    assert found is not None and "mc_ctl setup" in found.hint
    assert not running.may_start(deposed, NOW)


@pytest.mark.parametrize(
    ("policy", "known", "heard", "done"),
    [
        ("arbitration", "", False, False),
        ("arbitration", "", True, True),
        ("arbitration", "its", False, True),
        ("message", "", False, True),
    ],
)
def test_a_primary_that_ran_already_has_started_once_somebody_lets_it_go_on(
    policy: str, known: str, heard: bool, done: bool
) -> None:
    first, _, now = formed(policy)
    late = now if heard else now + first.terms.limit
    identity = first.register if known else ""
    found = first.but(register=identity, since=late, up_at=late)

    assert (ran(found, late) == DONE) == done
    assert ran(found, late + first.terms.limit) == DONE


def test_a_primary_that_is_being_deposed_has_not_started() -> None:
    first, _, now = formed()
    assert first.peer is not None and first.peer.mark is not None
    later = replace(first.peer.mark, state=ALONE, epoch=9)
    beaten = first.but(peer=replace(first.peer, mark=later), since=now, up_at=now)

    assert ran(beaten, now) is None
