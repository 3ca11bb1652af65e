"""Stop modes from what RMS says, and the ladder of a stop step by step."""

from __future__ import annotations

import pytest

from pgx_agent.core.mode import choose_mode
from pgx_agent.fronts import rms
from pgx_base.light.dataclasses import replace
from pgx_postgres.running.core.ladder import (
    Done,
    GiveUp,
    Kill,
    Ladder,
    Look,
    SendFast,
    SendImmediate,
    Step,
    Terms,
    Wait,
    step,
    until_next_look,
)
from pgx_postgres.running.core.patience import Holder

FAST = Terms("fast", 1700)
IMMEDIATE = Terms("immediate", 1700)
RUNS = Look(postmasters="S", left=7)
HELD_UP = Look(
    postmasters="S",
    left=7,
    holders=(Holder(9, "backend 9 (ann shop)", "backend"),),
    checkpointer_idle=True,
)


@pytest.mark.parametrize(
    ("reason", "forced", "last", "faulted", "switch_mode", "mode"),
    [
        (None, "", "", False, "immediate", "fast"),
        ("STOP", "", "", False, "immediate", "fast"),
        ("SHUT", "", "", False, "immediate", "fast"),
        ("DEACT", "", "", False, "immediate", "fast"),
        ("nonsense", "", "", False, "immediate", "fast"),
        ("SWITCH", "", "", False, "immediate", "immediate"),
        ("SWITCH", "", "", False, "fast", "fast"),
        ("switch", "", "", False, "immediate", "immediate"),
        ("STOP", "1", "", False, "immediate", "immediate"),
        ("SWITCH", "1", "", False, "fast", "immediate"),
        ("STOP", "0", "Offline", False, "immediate", "fast"),
        ("FAULT", "", "", False, "fast", "immediate"),
        ("STOP", "", "Faulted", False, "fast", "immediate"),
        ("SWITCH", "", "faulted", False, "fast", "immediate"),
        ("STOP", "", "Online", True, "fast", "immediate"),
        (None, "", "NoReport", True, "immediate", "immediate"),
    ],
)
def test_stop_mode(
    reason: str | None,
    forced: str,
    last: str,
    faulted: bool,
    switch_mode: str,
    mode: str,
) -> None:
    environ = {"HV_FORCED_REQUEST": forced, "HV_LAST_DET_REPORT": last}
    environ |= {"HV_OFFLINE_REASON": reason} if reason else {}
    chosen = choose_mode(rms.request(environ), faulted=faulted, switch_mode=switch_mode)

    assert chosen.mode == mode
    assert chosen.because


def test_autorecover_and_intended_state_do_not_change_the_mode() -> None:
    environ = {"HV_AUTORECOVER": "1", "HV_INTENDED_STATE": "Online"}

    assert choose_mode(rms.request(environ), faulted=False).mode == "fast"


def drive(terms: Terms, *looks: tuple[float, Look]) -> list[Step]:
    """Return what is to be done at each look."""
    ladder, steps = Ladder(), []
    for now, look in looks:
        ladder, todo = step(terms, ladder, look, now)
        steps.append(todo)
    return steps


def test_nothing_there_is_done() -> None:
    assert drive(FAST, (0, Look())) == [Done()]


def test_a_fast_stop_waits_for_half_of_the_time() -> None:
    steps = drive(FAST, (0, RUNS), (0, RUNS), (40, RUNS), (849, RUNS), (850, RUNS))

    assert steps[:4] == [SendFast(), Wait(30), Wait(850), Wait(850)]
    assert steps[4] == SendImmediate("half of the time is over")


def test_an_immediate_stop_gets_ten_seconds() -> None:
    steps = drive(IMMEDIATE, (0, RUNS), (0, RUNS), (9.9, RUNS), (10, RUNS))

    assert isinstance(steps[0], SendImmediate)
    assert steps[1:3] == [Wait(10), Wait(10)]
    assert steps[3] == Kill("the immediate stop takes too long")


def test_in_ten_seconds_each_rung_has_its_share() -> None:
    terms = Terms("fast", 7.5)
    steps = drive(terms, (0, RUNS), (3.75, RUNS), (5.6, RUNS), (5.7, RUNS))

    assert [type(todo) for todo in steps] == [SendFast, SendImmediate, Wait, Kill]


@pytest.mark.parametrize("terms", [FAST, IMMEDIATE])
@pytest.mark.parametrize("state", "Tt")
def test_a_stopped_postmaster_is_killed(terms: Terms, state: str) -> None:
    """Not at the first look: a debugger may have stopped it for a moment."""
    look = Look(postmasters=state, left=7)
    still = replace(look, stopped_for=1.0)

    assert drive(terms, (0, look), (1, still)) == [
        Wait(1.0),
        Kill("the postmaster is stopped"),
    ]


def test_a_postmaster_stopped_meanwhile_is_killed() -> None:
    steps = drive(FAST, (0, RUNS), (5, Look(postmasters="T", left=7, stopped_for=1.0)))

    assert isinstance(steps[1], Kill)


def test_a_backend_may_outlive_a_fast_request_by_thirty_seconds() -> None:
    steps = drive(FAST, (0, HELD_UP), (29.9, HELD_UP), (30, HELD_UP))

    assert steps[1] == Wait(30)
    assert isinstance(steps[2], SendImmediate)


def test_a_backend_is_waited_for_while_the_checkpointer_works() -> None:
    busy = replace(HELD_UP, checkpointer_idle=False)
    steps = drive(FAST, (0, busy), (100, busy), (101, HELD_UP))

    assert steps[1] == Wait(850)
    assert isinstance(steps[2], SendImmediate)


def test_what_hangs_in_the_kernel_ends_a_fast_stop() -> None:
    hangs = Look(postmasters="S", left=3, stuck_for=30)

    assert isinstance(drive(FAST, (0, hangs), (30, hangs))[1], SendImmediate)


def test_orphans_have_a_second_to_notice() -> None:
    orphans = Look(left=2)
    steps = drive(FAST, (0, orphans), (0.5, orphans), (1, orphans), (1.1, Look()))

    assert steps[:2] == [Wait(1), Wait(1)]
    assert steps[2:] == [Kill("the postmaster is gone"), Done()]


def test_orphans_found_late_are_killed_while_there_is_time() -> None:
    orphans = Look(left=2)
    steps = drive(Terms("fast", 0.5), (0, orphans), (0.25, orphans))

    assert steps == [Wait(0.25), Kill("the postmaster is gone")]


def test_the_second_of_orphans_begins_when_the_postmaster_ends() -> None:
    steps = drive(FAST, (0, RUNS), (20, Look(left=1)), (21, Look(left=1)))

    assert steps[1:] == [Wait(21), Kill("the postmaster is gone")]


def test_what_shows_up_after_the_kill_is_killed_too() -> None:
    orphans = Look(left=2)
    late = Look(left=1, unkilled=1)

    assert isinstance(drive(FAST, (1, orphans), (2, orphans), (3, late))[2], Kill)


def killed_at(now: float) -> Ladder:
    return Ladder("killed", now, now)


@pytest.mark.parametrize(
    ("killed_for", "hung_for", "longest", "hopeless"),
    [
        (29, 29, 29, False),
        (30, 30, 30, True),
        (30, 20, 30, False),  # something moved after the kill
        (9, 400, 400, False),
        (10, 10, 44, False),
        (10, 10, 45, True),  # it hung before the stop began, and drew others in
        (10, 9, 45, False),
    ],
)
def test_it_gives_up_on_what_was_killed_and_hangs(
    killed_for: float, hung_for: float, longest: float, hopeless: bool
) -> None:
    look = Look(left=1, hung_for=hung_for, longest=longest)
    _, todo = step(FAST, killed_at(400), look, 400 + killed_for)

    assert isinstance(todo, GiveUp) == hopeless


def test_a_commit_on_a_frozen_file_system_fails_within_a_minute() -> None:
    """Fast request, a backend in state D from the beginning, everything else killable."""
    ladder, now = Ladder(), 0.0
    done: list[Step] = []
    while not done or not isinstance(done[-1], GiveUp):
        killed = ladder.rung == "killed"
        look = Look(
            postmasters="" if killed else "S",
            left=1 if killed else 6,
            hung_for=now - ladder.since if killed else 0,
            longest=now,
            holders=HELD_UP.holders,
            checkpointer_idle=True,
            stuck_for=now,
        )
        ladder, todo = step(FAST, ladder, look, now)
        done.append(todo)
        now += 1

    assert now < 60
    kinds = list(dict.fromkeys(type(todo) for todo in done))
    assert kinds == [SendFast, Wait, SendImmediate, Kill, GiveUp]


def test_time_over_ends_it() -> None:
    _, todo = step(FAST, killed_at(1000), Look(left=1, unkilled=1), 1700)

    assert todo == GiveUp("the time is over")


def test_time_over_is_no_reason_not_to_kill() -> None:
    assert drive(FAST, (1700, RUNS)) == [Kill("the time is over")]


@pytest.mark.parametrize("terms", [FAST, IMMEDIATE])
def test_who_may_not_signal_the_postmaster_gives_up_at_once(terms: Terms) -> None:
    steps = drive(terms, (0, RUNS), (0, replace(RUNS, denied=1)))

    assert steps[1] == GiveUp("the postmaster may not be signalled")


def test_one_postmaster_of_two_that_may_not_be_signalled_is_waited_for() -> None:
    two = replace(RUNS, postmasters="SS", denied=1)

    assert isinstance(drive(FAST, (0, RUNS), (0, two))[1], Wait)


@pytest.mark.parametrize(
    ("looks", "cost", "seconds"),
    [
        (0, 0.001, 1.0),  # what ends soon is seen soon
        (1, 0.001, 1.25),
        (30, 0.001, 5.0),
        (0, 0.02, 5.0),  # a node with thousands of processes
        (30, 0.04, 10.0),
        (30, 9.0, 15.0),
    ],
)
def test_looks_become_rarer_and_are_never_dear(
    looks: int, cost: float, seconds: float
) -> None:
    assert until_next_look(looks, cost) == pytest.approx(seconds)
