"""What may come of a fault on the bed: who may switch, and what is left to operators."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.pair_chaos.bed_kinds import BED_FAULTS, MOMENT
from fixtures.pair_chaos.expected import hands, may_move, may_move_after
from fixtures.pair_chaos.fault import EITHER, HOLDER, OTHER, START, START_ARBITER, Fault
from fixtures.pair_chaos.plan import Blow, Step
from fixtures.pair_chaos.policies import POLICIES, Policy, of

ARBITRATION, MESSAGE = map(of, ("arbitration", "message"))
FENCES = replace(ARBITRATION, register="", fences=True)
_NOBODY = [
    "job network cut", "admin network cut", "log network cut one way",
    "all between the servers cut", "arbitration network cut", "host frozen for 4 s",
    "arbiter's host panicked", "disk of the management directory hangs",
]  # fmt: skip
_SILENCE = ["host panicked", "host frozen", "host cut off from all", "data disk fails"]


def blow(name: str, victim: str = HOLDER) -> Blow:
    return Blow(name, victim, 1.0, 0)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
@pytest.mark.parametrize("name", _NOBODY)
def test_what_silences_no_primary_switches_nothing(policy: Policy, name: str) -> None:
    assert not may_move(Step(blow(name)), policy, MOMENT)


@pytest.mark.parametrize("name", _SILENCE)
def test_a_silent_primary_is_replaced_where_something_may_decide(name: str) -> None:
    assert may_move(Step(blow(name)), ARBITRATION)
    assert not may_move(Step(blow(name)), MESSAGE)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
@pytest.mark.parametrize("fault", BED_FAULTS, ids=lambda fault: fault.name)
def test_nothing_that_befalls_the_standby_switches(
    policy: Policy, fault: Fault
) -> None:
    """But where both fence, and the primary is not served when it asks first."""
    step = Step(blow(fault.name, OTHER))
    either = fault.moves == EITHER and policy.fences
    assert may_move(step, policy, MOMENT) == either


def test_a_freeze_that_took_too_long_is_none_of_four_seconds() -> None:
    step = Step(blow("host frozen for 4 s"))
    assert may_move(step, ARBITRATION, MOMENT + 1)
    assert not may_move(step, ARBITRATION, MOMENT + 0.2)


def test_a_host_that_is_booted_to_mend_its_disk_is_silent_meanwhile() -> None:
    step = Step(blow("disk of the management directory read-only"))
    assert not may_move(step, ARBITRATION)
    assert may_move_after(step, ARBITRATION)
    assert not may_move_after(step, MESSAGE)
    other = Step(blow("disk of the management directory read-only", OTHER))
    assert not may_move_after(other, ARBITRATION)
    assert not may_move_after(Step(blow("admin network cut")), ARBITRATION)


def test_two_silences_may_add_up_and_two_other_faults_do_not() -> None:
    cut, full = blow("log network cut"), blow("disk of the management directory full")
    assert may_move(Step(cut, blow("admin network cut")), ARBITRATION)
    assert not may_move(Step(cut, full), ARBITRATION)
    assert may_move(Step(cut, blow("mc_ctl switch", OTHER)), MESSAGE)


def test_what_operators_may_have_to_do() -> None:
    assert hands(Step(blow("admin network cut")), MESSAGE) == frozenset()
    assert hands(Step(blow("admin network cut")), FENCES) == frozenset((START,))
    assert hands(Step(blow("host panicked")), MESSAGE) == frozenset((START,))
    two = Step(blow("host panicked"), blow("arbiter's host panicked"))
    assert hands(two, ARBITRATION) == frozenset((START, START_ARBITER))
    assert hands(Step(blow("host panicked"), blow("mc_ctl stop")), FENCES) is None
