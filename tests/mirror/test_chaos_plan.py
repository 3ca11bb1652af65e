"""Chaos for the pair: a seed makes one plan, a plan is a file, and shrinking keeps failures."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fixtures.binaries import found
from fixtures.chaos.shrink import shrink
from fixtures.pair_chaos import policies
from fixtures.pair_chaos.fault import BED, GROUNDS, LOOPBACK
from fixtures.pair_chaos.grounds import missing
from fixtures.pair_chaos.kinds import FAULTS, of
from fixtures.pair_chaos.plan import POLICIES, Plan, Wanted, parsed, plan, plans, render
from fixtures.pair_chaos.report import had
from fixtures.pair_chaos.result import Done, Run, loaded, summary
from fixtures.pair_chaos.strikes import STRIKES

seeds = some.integers(0, 10**9)
numbers = some.integers(0, 99)
lengths = some.integers(1, 12)
names = some.sampled_from([fault.name for fault in FAULTS])
anything = some.sampled_from(GROUNDS).flatmap(
    lambda ground: some.builds(
        Wanted,
        some.just(ground),
        some.sampled_from([None, *(policy.name for policy in policies.on(ground))]),
    )
)


@given(seeds, numbers, lengths, anything)
def test_a_seed_makes_one_plan_and_a_file_is_that_plan(
    seed: int, number: int, length: int, wanted: Wanted
) -> None:
    made = plan(seed, number, length, wanted)
    assert plan(seed, number, length, wanted) == made
    assert parsed(render(made)) == made
    assert len(made.steps) == length


@given(seeds, numbers, lengths, anything)
def test_each_blow_is_a_fault_as_its_kind_allows(
    seed: int, number: int, length: int, wanted: Wanted
) -> None:
    made = plan(seed, number, length, wanted)
    assert made.policy == wanted.policy or wanted.policy is None
    assert made.ground == wanted.ground
    for blow in (blow for step in made.steps for blow in step.blows):
        fault = of(blow.name)
        assert blow.victim in fault.victims
        assert fault.lasts[0] <= blow.lasts <= fault.lasts[1]
        assert policies.of(made.policy).fits(fault.register)
        assert made.ground in fault.grounds


@given(seeds, some.integers(1, 60), lengths)
def test_plans_have_as_many_faults_as_were_asked_for(
    seed: int, faults: int, length: int
) -> None:
    made = plans(seed, faults, length, Wanted())
    assert sum(one.faults for one in made) >= faults
    assert sum(one.faults for one in made[:-1]) < faults
    assert len({one.seed for one in made}) == len(made)


@given(seeds, names)
def test_a_plan_may_be_of_one_fault(seed: int, name: str) -> None:
    steps = plan(seed, 0, 3, Wanted(only=name)).steps
    assert [blow.name for step in steps for blow in step.blows] == [name] * 3


def test_every_fault_can_be_struck() -> None:
    assert set(STRIKES) == {fault.name for fault in FAULTS}
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("ground", GROUNDS)
def test_four_hundred_faults_have_nearly_every_kind_and_each_policy(
    ground: str,
) -> None:
    made = plans(7, 400, 5, Wanted(ground))
    struck = Counter(b.name for one in made for s in one.steps for b in s.blows)
    there = {
        fault.name
        for fault in FAULTS
        if ground in fault.grounds
        and any(policy.fits(fault.register) for policy in policies.on(ground))
    }
    assert set(struck) <= there
    assert len(struck) >= 0.9 * len(there)
    assert {one.policy for one in made} == {one.name for one in policies.on(ground)}
    assert sum(len(s.blows) == 2 for one in made for s in one.steps) > 30


@given(seeds, some.sets(some.integers(0, 9), min_size=1, max_size=3))
def test_shrinking_keeps_what_makes_it_fail(seed: int, needed: set[int]) -> None:
    whole = plan(seed, 0, 10)
    steps = tuple(replace(step, gap=float(i)) for i, step in enumerate(whole.steps))
    numbered = replace(whole, steps=steps)

    def fails(candidate: Plan) -> bool:
        return needed <= {int(step.gap) for step in candidate.steps}

    short = shrink(numbered, fails, 1000)
    assert {int(step.gap) for step in short.steps} == needed


def test_campaigns_of_two_policies_may_share_a_file() -> None:
    each = [plans(7, 50, 5, Wanted(BED, policy)) for policy in POLICIES]
    each.append(plans(7, 50, 5, Wanted(LOOPBACK)))
    names = [one.seed for made in each for one in made]
    assert len(set(names)) == len(names)


def test_an_older_plan_is_of_loopback() -> None:
    text = render(plan(7, 0, 2)).replace(f'"ground": "{LOOPBACK}"', '"seed": "7-0"')
    assert parsed(text) == plan(7, 0, 2)


def test_a_campaign_goes_on_from_its_file(tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    assert had(report, {"1-0"}) == []
    run = Run("1-0", "message", steps=[Done(("mc_ctl switch",), True, 2.5)])
    other = replace(run, seed="2-0")
    whole = "".join(json.dumps(one.line()) + "\n" for one in (run, other))
    report.write_text(whole + whole[:40])
    assert had(report, {"1-0", "1-1"}) == [run]
    assert had(report, set()) == [run, other]


def test_a_line_that_was_cut_does_not_spoil_the_next(tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    report.write_text('{"seed": "1-0", "pol')
    had(report, set())
    run = Run("1-1", "message")
    with report.open("a") as file:
        file.write(json.dumps(run.line()) + "\n")
    assert had(report, set()) == [run]


def test_a_summary_counts() -> None:
    faults = ("node killed", "mc_ctl switch")
    steps = [Done(faults, True, 21.0, 4.5, ("start", "setup", "start"), 12.25)]
    run = Run("1-0", "message", rows=7, excused=1, steps=steps)
    assert loaded(json.loads(json.dumps(run.line()))) == run
    failed = Run(
        "1-1", "arbitration", failure="x", lost=3, false_switches=1, replay="y"
    )
    shown = "\n".join(summary([run, failed]))
    assert "2 runs, 2 faults, 1 runs failed" in shown
    assert "7 rows acknowledged; 1 lost where nothing is claimed" in shown
    assert "message: 1 runs, 2 faults, 0 failed" in shown
    assert "3 acknowledged rows lost, 1 false switches" in shown
    assert "longest until whole again: 21 s" in shown
    assert "after the repair: 4.5 s in the median, 4.5 s at most" in shown
    assert "by operators: 2 start, 1 setup" in shown
    assert "FAILED 1-1: x\n  y" in shown


def test_a_run_of_an_older_report_is_read() -> None:
    step = {"faults": ["node killed"], "moved": True, "seconds": 2.0}
    old = {"seed": "1", "policy": "message", "failure": "", "seconds": 2.0, "rows": 1}
    steps = [Done(("node killed",), True, 2.0)]
    assert loaded(old | {"excused": 0, "steps": [step]}).steps == steps


@pytest.mark.skipif(not found(), reason="no PostgreSQL is found")
def test_what_a_policy_needs_is_named_before_anything_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    each = [Plan("1", policy, ()) for policy in ("arbitration", "etcd")]
    assert missing(each).startswith("needs etcd, etcdctl")
    assert missing(each[:1]) == ""
    assert missing([Plan("1", "message", (), BED)]).startswith("the bed needs")
