"""What holds of any facts: the words of which the table's conditions are made."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pgx_mirror.core import events as told
from pgx_mirror.core import facts as facts_
from pgx_mirror.core.cell import ALONE as CELL_ALONE
from pgx_mirror.core.cell import Cell
from pgx_mirror.core.deciding.outcomes import outcome
from pgx_mirror.core.facts import CONF, MARK, RUN, SWITCH, Facts
from pgx_mirror.core.known import basics, bearing, names, primary, register, running
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR
from pgx_mirror.core.report import DOWN
from pgx_mirror.core.standby_name import JOINING
from tests.mirror.some_facts import NOW, some_facts

# Few facts meet some conditions; where none does, hypothesis says so.
rare = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)

# --- the name that a standby bears -------------------------------------------------------


@rare
@given(some_facts())
def test_a_standby_bears_its_own_name_or_the_one_that_joins(facts: Facts) -> None:
    own = facts.bears.removesuffix(JOINING)

    assert bearing.wanted_name(facts) in (own, own + JOINING)


@rare
@given(some_facts())
def test_its_own_only_for_a_primary_that_means_its_generation(facts: Facts) -> None:
    """Whoever bears the name confirms (the protocol's 10, A2)."""
    peer, theirs, mine = facts.peer, basics.peer_mark(facts), basics.mark(facts)
    assume(theirs is not None and facts.bears)
    assert peer is not None and theirs is not None
    counts = theirs.state in (PAIR, GIVEN) and theirs.peer_generation == mine.generation
    asked = bool(peer.challenge) and peer.joining == mine.generation

    if not counts and not asked:
        assert bearing.wanted_name(facts).endswith(JOINING)


@rare
@given(some_facts())
def test_a_name_that_was_changed_as_wanted_is_changed_no_more(facts: Facts) -> None:
    after = outcome(facts, told.Bears(bearing.wanted_name(facts)), NOW)

    assert not bearing.has_other_name(after)


# --- whether the server may run ----------------------------------------------------------


@rare
@given(some_facts(calm=True))
def test_no_server_runs_under_what_is_not_durable_or_against_its_mark(
    facts: Facts,
) -> None:
    assume(running.may_start(facts, NOW))

    assert facts.server == DOWN
    assert not facts.unsure
    assert not facts.busy & {MARK, CONF}
    assert names.are(facts, names.wanted_names(facts, NOW))
    assert not basics.is_in(facts, GIVEN)
    assert facts.standby or basics.is_in(facts, PAIR, ALONE)
    assert not primary.deposed_by(facts)
    assert facts.wish in (RUN, SWITCH)


@rare
@given(some_facts(calm=True))
def test_a_standby_starts_beside_a_primary_or_by_the_registers_leave(
    facts: Facts,
) -> None:
    assume(facts.standby and running.may_start(facts, NOW))
    heard = facts.peer is not None and not facts.peer.standby

    assert (
        basics.is_in(facts, ALONE)
        or (heard and basics.is_heard(facts, NOW))
        or register.has_open_epoch(facts)
    )


@rare
@given(some_facts())
def test_a_server_is_stopped_by_an_operators_word_alone(facts: Facts) -> None:
    assume(running.is_to_stop(facts, NOW))

    assert facts.wish in (facts_.STOP, facts_.STOP_ALL, SWITCH)
    assert facts.wish != SWITCH or primary.can_take(facts, NOW)


@rare
@given(some_facts())
def test_only_a_primary_is_stopped_without_waiting_for_its_senders(
    facts: Facts,
) -> None:
    how = running.how_to_stop(facts, NOW)

    assert how == "fast" or (not facts.standby and basics.is_quiet(facts, NOW))


# --- the register ------------------------------------------------------------------------


@rare
@given(some_facts())
def test_the_pen_is_open_or_won_or_lost(facts: Facts) -> None:
    found = [
        register.has_open_epoch(facts),
        register.has_won(facts),
        register.has_lost(facts) > 0,
    ]

    assert sum(found) <= 1


@rare
@given(some_facts())
def test_of_another_register_nothing_is_believed(facts: Facts) -> None:
    assume(facts.register != basics.mark(facts).register)

    assert not register.has_open_epoch(facts)
    assert not register.has_won(facts)
    assert not register.has_lost(facts)


@rare
@given(some_facts())
def test_only_a_holder_lifts_and_only_to_its_own_mark(facts: Facts) -> None:
    to, mine = register.to_lift(facts), basics.mark(facts)
    assume(to is not None)
    assert to is not None

    assert (to.epoch, to.state, to.who) == (mine.epoch, mine.state, mine.owner)
    assert mine.state in (PAIR, ALONE)
    assert facts.cell is not None and facts.cell.epoch < to.epoch


@rare
@given(some_facts(), st.integers(0, 9))
def test_both_sides_never_win_one_epoch(facts: Facts, epoch: int) -> None:
    for_us = facts.but(cell=Cell(epoch, CELL_ALONE, "a"))
    for_them = facts.but(cell=Cell(epoch, CELL_ALONE, "b"))

    assert not register.has_won(for_them)
    assert not register.has_lost(for_us)


@rare
@given(some_facts(calm=True))
def test_no_standby_is_told_before_the_register_has_the_pair(facts: Facts) -> None:
    assume(register.is_granted(facts))
    mine = basics.mark(facts)

    assert mine.state == PAIR
    if basics.policy(facts) == facts_.ARBITRATION:
        assert facts.cell == Cell(mine.epoch, "PAIR", "a")
