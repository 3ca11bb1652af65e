"""Chaos under Pacemaker: a seed makes one plan, and what must come of each step is told."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fixtures.pacemaker.chaos import plan
from fixtures.pacemaker.chaos.kinds import ACTIVE, FAULTS, IDLE, Outcome, of
from fixtures.pacemaker.chaos.plan import plans
from fixtures.pacemaker.chaos.result import summary
from fixtures.pacemaker.chaos.strikes import STRIKES
from fixtures.pair_chaos.plan import Blow, Step, parsed, render
from fixtures.pair_chaos.result import Done, Run

seeds = some.integers(0, 10**9)
counts = some.integers(1, 30)
lengths = some.integers(1, 6)


@given(seeds, counts, lengths)
def test_a_seed_makes_one_plan_and_a_file_is_that_plan(
    seed: int, count: int, length: int
) -> None:
    made = plans(seed, count, length)
    assert plans(seed, count, length) == made
    assert [parsed(render(one)) for one in made] == made
    assert sum(one.faults for one in made) == count
    assert all(0 < len(one.steps) <= length for one in made)


@given(seeds, counts)
def test_each_blow_is_a_fault_as_its_kind_allows(seed: int, count: int) -> None:
    steps = [step for one in plans(seed, count, 5) for step in one.steps]
    for blow in (blow for step in steps for blow in step.blows):
        fault = of(blow.name)
        assert blow.victim in fault.victims
        assert fault.lasts[0] <= blow.lasts <= fault.lasts[1]


def test_every_kind_has_its_strike_and_is_drawn() -> None:
    assert STRIKES.keys() == {fault.name for fault in FAULTS}
    drawn = Counter(
        blow.name for one in plans(1, 2000, 5) for s in one.steps for blow in s.blows
    )
    assert drawn.keys() == STRIKES.keys()


def _step(*blows: tuple[str, str]) -> Step:
    made = [Blow(name, victim, 1.0, 0) for name, victim in blows]
    return Step(made[0], made[1] if len(made) > 1 else None)


@pytest.mark.parametrize(
    ("blows", "outcome", "fenced"),
    [
        ([("postmaster killed", ACTIVE)], Outcome.MOVES, set()),
        ([("node panics", ACTIVE)], Outcome.MOVES, {ACTIVE}),
        ([("node panics", IDLE)], Outcome.STAYS, {IDLE}),
        ([("load", ACTIVE), ("connection storm", ACTIVE)], Outcome.STAYS, set()),
        ([("load", ACTIVE), ("move", ACTIVE)], Outcome.OPEN, set()),
        ([("load", ACTIVE), ("node panics", IDLE)], Outcome.OPEN, {ACTIVE, IDLE}),
        ([("network cut one way", IDLE)], Outcome.OPEN, {ACTIVE, IDLE}),
    ],
)
def test_what_must_come_of_a_step(
    blows: list[tuple[str, str]], outcome: Outcome, fenced: set[str]
) -> None:
    step = _step(*blows)
    assert plan.outcome(step) is outcome
    assert plan.may_fence(step) == fenced


def test_a_summary_counts_faults_moves_and_failures() -> None:
    good = Run("7-0", "", rows=40, steps=[Done(("move", "load"), True, 9.0, 2.0)])
    bad = Run("7-1", "", "not whole", steps=[Done(("load",), False, 9.0, 4.0)])
    told = "\n".join(summary([good, bad]))
    assert "2 runs, 3 faults, 1 runs failed" in told
    assert "1 of 2 steps moved the group" in told
    assert "FAILED 7-1: not whole" in told
