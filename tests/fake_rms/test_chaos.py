"""Chaos: a seed makes one plan, every plan is a transition file, and shrinking keeps failures."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as some

from fixtures.chaos.faults import FAULTS
from fixtures.chaos.kinds import Outcome
from fixtures.chaos.plan import LONG, Plan, Step, names, plan
from fixtures.chaos.result import Done, Run, loaded, played, summary
from fixtures.chaos.shrink import shrink
from fixtures.chaos.text import render, steps_at
from fixtures.chaos.transitions import TRANSITIONS
from fixtures.fake_rms.replay import grammar, meaning

TRANSITIONS_DIR = Path(__file__).resolve().parents[2] / "fixtures/transitions"
seeds = some.integers(0, 10**9)
lengths = some.integers(1, 12)


@given(seeds, some.integers(0, 99), lengths)
def test_a_seed_makes_one_plan(seed: int, number: int, length: int) -> None:
    assert plan(seed, number, length) == plan(seed, number, length)
    assert len(plan(seed, number, length).steps) == length


@given(seeds, some.integers(0, 99), lengths)
@settings(deadline=None)
def test_a_plan_is_a_transition_file_that_makes_sense(
    seed: int, number: int, length: int
) -> None:
    text = render(plan(seed, number, length))
    found = grammar.parse(str(TRANSITIONS_DIR / "chaos.rms"), text)
    assert meaning.plan(found).needs_bed


@given(seeds)
def test_every_step_takes_its_roles_and_is_judged(seed: int) -> None:
    given_plan = plan(seed, 0, 8)
    text = render(given_plan)
    names = [step.name for step in given_plan.steps]
    assert list(steps_at(text).values()) == [*names, "end"]
    for what in ("rows kept", "repair app1", "one server"):
        assert sum(line.startswith(what) for line in text.splitlines()) >= 8


def test_every_other_run_breaks_the_guard() -> None:
    kept = [plan(3, number, 1).guard for number in range(10)]
    assert kept == [True, False] * 5
    assert "use database_unguarded.toml" in render(plan(3, 1, 1))


@given(seeds, some.integers(0, 99), some.integers(LONG, 12))
def test_every_long_run_has_silence(seed: int, number: int, length: int) -> None:
    assert any(s.name == "postmaster stopped" for s in plan(seed, number, length).steps)


@given(seeds, some.integers(0, 99))
def test_what_the_guard_alone_makes_harmless_is_tried_under_it(
    seed: int, number: int
) -> None:
    chosen = plan(seed, number, 12)
    for step in chosen.steps:
        assert chosen.guard or not (step.transition and step.transition.guarded)


@given(seeds, some.sampled_from(names()))
@settings(deadline=None)
def test_a_run_may_be_of_one_kind(seed: int, name: str) -> None:
    chosen = plan(seed, 0, 3, name)
    assert [step.name for step in chosen.steps] == [name] * 3
    grammar.parse(str(TRANSITIONS_DIR / "chaos.rms"), render(chosen))


def test_two_hundred_transitions_have_every_kind_and_many_pairs() -> None:
    steps = [step for number in range(200) for step in plan(7, number, 10).steps]
    faults = Counter(step.fault.name for step in steps if step.fault)
    transitions = Counter(step.transition.name for step in steps if step.transition)
    assert min(faults[each.name] for each in FAULTS) >= 12
    assert min(transitions[each.name] for each in TRANSITIONS) >= 12
    assert sum(step.pair for step in steps) > 400


@given(seeds)
def test_a_fault_alone_says_what_must_come_of_it(seed: int) -> None:
    for step in plan(seed, 0, 12).steps:
        if step.pair:
            assert step.outcome is Outcome.OPEN
        elif step.fault and step.fault.outcome is Outcome.MOVES:
            assert step.victim == "active"


@given(seeds, some.sets(some.integers(0, 11), min_size=1, max_size=3))
def test_shrinking_keeps_what_makes_it_fail(seed: int, needed: set[int]) -> None:
    whole = plan(seed, 0, 12)
    numbered = replace(
        whole,
        steps=tuple(replace(s, delay=float(i)) for i, s in enumerate(whole.steps)),
    )
    wanted = {float(number) for number in needed}

    def fails(candidate: Plan) -> bool:
        return wanted <= {step.delay for step in candidate.steps}

    short = shrink(numbered, fails, 1000)
    assert {step.delay for step in short.steps} == wanted


def test_shrinking_asks_no_oftener_than_it_may() -> None:
    asked: list[tuple[Step, ...]] = []

    def fails(candidate: Plan) -> bool:
        asked.append(candidate.steps)
        return False

    whole = plan(1, 0, 12)
    assert shrink(whole, fails, 5) == whole
    assert len(asked) == 5


def test_steps_are_told_with_the_node_that_they_led_to() -> None:
    text = "roles app1\n# step 1: postmaster killed\nroles app1\n# step 0: end\nroles app1\n"
    told = [
        "   1  roles app1",
        "    active: node1RMS",
        "   3  roles app1",
        "    active: node1RMS",
        "   5  roles app1",
        "    active: node2RMS",
    ]
    assert list(played(text, told)) == [Done("postmaster killed", True)]
    assert Done("postmaster killed", True).failover
    assert not Done("directed switch", True).failover
    assert not Done("directed switch + node freezes", True).failover
    assert Done("maintenance mode + node freezes", True).failover
    assert Done("directed switch + node freezes", True).parts == (
        "directed switch",
        "node freezes",
    )


def test_a_summary_counts_by_transition_fault_and_pair() -> None:
    steps = [Done("directed switch + node freezes", True), Done("disk fails", True)]
    run = Run("1-0", False, "", 1.0, steps, "")
    assert loaded(run.line()) == run
    shown = "\n".join(summary([run, replace(run, failure="x", steps=[])]))
    assert "2 runs, 2 transitions, 1 runs failed" in shown
    assert "1 runs ended with a failover" in shown
    assert "pairs: 1, 1 different" in shown


@given(seeds)
def test_a_pair_lasts_until_rms_knows_of_every_fault_in_it(seed: int) -> None:
    for step in plan(seed, 0, 12).steps:
        if step.pair and step.fault and step.transition:
            own = 3.0 if step.transition.faulty else 0.0
            assert step.between >= max(step.fault.late, own)
