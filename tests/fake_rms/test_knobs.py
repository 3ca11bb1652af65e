"""Each knob's other answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fixtures.fake_rms.facts import Knobs
from fixtures.fake_rms.model.config import Attributes
from fixtures.fake_rms.model.events import (
    Exited,
    Kill,
    Maintain,
    Mode,
    Refused,
    RmsKilled,
    Silent,
    StartRms,
    Switch,
    Tick,
    Utility,
    Verb,
)
from fixtures.fake_rms.model.messages import fault_reason
from fixtures.fake_rms.model.names import Cause, Script
from fixtures.fake_rms.shell.switchlog import entry
from tests.fake_rms.world import (
    ALL,
    APP,
    CODES,
    DATABASE,
    DISK,
    HERE,
    NODE1,
    NODE2,
    THERE,
    crash,
    of_type,
    resource,
    started,
    states,
    world,
)

NO_HALT = Attributes(auto_start_up=True, switch_over=ALL)


# --- a stop that fails ------------------------------------------------------------


@pytest.mark.parametrize(("knob", "state"), [("no", "Offline"), ("yes", "Online")])
def test_after_a_fault_it_may_start_elsewhere_in_spite_of_a_failed_stop(
    knob: str, state: str
) -> None:
    made = started(attributes=NO_HALT, knobs=Knobs(start_after_failed_stop=knob))  # type: ignore[arg-type]
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    crash(made)

    assert made.state(THERE) == state
    assert made.environment(Script.OFFLINE, "db")["HV_FORCED_REQUEST"] == "0"
    if state == "Online":
        assert made.environment(Script.ONLINE, "db")["HV_FORCED_REQUEST"] == "0"


def test_a_switch_never_starts_it_in_spite_of_a_failed_stop() -> None:
    made = started(attributes=NO_HALT, knobs=Knobs(start_after_failed_stop="yes"))
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    made.happen(Switch(APP, NODE2))

    assert made.state(THERE) == "Offline"


@pytest.mark.parametrize(("knob", "state"), [("no", "Offline"), ("yes", "Online")])
def test_a_forced_switch_may_heed_a_failed_stop(knob: str, state: str) -> None:
    made = started(attributes=NO_HALT, knobs=Knobs(forced_after_failed_stop=knob))  # type: ignore[arg-type]
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    made.happen(Switch(APP, NODE2, forced=True))

    assert made.state(THERE) == state
    assert not isinstance(made.answers[-1], Refused)


def test_halt_may_count_for_every_stop() -> None:
    made = started(knobs=Knobs(halt="always"))
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    made.happen(Utility(Verb.OFFLINE, APP, NODE1))

    assert Kill(NODE1) in made.effects
    assert made.state(THERE) == "Offline"


@pytest.mark.parametrize(
    ("knob", "expected"),
    [("4.7", ("Faulted", "Offline")), ("4.3", ("Offline", "Online"))],
)
def test_what_is_monitored_only_must_stop_or_need_not(
    knob: str, expected: tuple[str, str]
) -> None:
    flags = replace(CODES, monitor_only=True, cluster_exclusive=False)
    backup = resource("backup", flags=flags)
    made = started(
        objects=(DISK, DATABASE, backup),
        attributes=NO_HALT,
        knobs=Knobs(monitor_only_offline=knob),  # type: ignore[arg-type]
    )
    made.ends[HERE, "backup", Script.OFFLINE] = Exited(1)

    made.happen(Switch(APP, NODE2))

    assert made.cluster.locals[HERE].state == expected[0]
    assert made.state(THERE) == expected[1]


def test_rms_may_look_once_only_after_stop() -> None:
    made = started(attributes=NO_HALT, knobs=Knobs(settle="once"))
    made.breaks.add((HERE, "db"))

    made.happen(Utility(Verb.OFFLINE, APP, NODE1))

    assert made.logged("DET") == ["5"]


# --- order --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("knob", "order"), [("up", ["disk", "db", APP]), ("down", [APP, "db", "disk"])]
)
def test_pre_online_goes_up_or_down(knob: str, order: list[str]) -> None:
    made = world(knobs=Knobs(preonline_order=knob))  # type: ignore[arg-type]
    made.start()

    assert of_type(made, "PreOnline") == [f"PreOnline:{name}" for name in order]


# --- Deact, maintenance mode, nodes -------------------------------------------------


@pytest.mark.parametrize(("knob", "state"), [("local", "Offline"), ("all", "Deact")])
def test_deact_is_for_one_node_or_all(knob: str, state: str) -> None:
    made = started(knobs=Knobs(deact=knob))  # type: ignore[arg-type]

    made.happen(Utility(Verb.DEACT, APP, NODE1))
    assert states(made) == ("Deact", state)

    made.happen(Utility(Verb.ACTIVATE, APP, NODE1))
    assert states(made) == ("Offline", "Offline")


def test_leaving_maintenance_may_run_nothing() -> None:
    made = started(knobs=Knobs(start_after_maintenance="no"))
    made.happen(Maintain(Mode.ON, APP))

    made.happen(Maintain(Mode.OFF, APP))

    assert made.scripts() == []


def test_the_connect_time_out_is_a_knob() -> None:
    made = started(knobs=Knobs(connect_timeout=5))
    made.happen(Silent(NODE1))

    made.now += 5
    made.happen(Tick())

    assert Kill(NODE1) in made.effects


def test_the_first_of_the_others_to_give_up_decides() -> None:
    made = started()
    made.happen(RmsKilled(NODE2))
    made.happen(StartRms(NODE2, connect_timeout=7))
    made.happen(Silent(NODE1))
    made.now += 6
    made.happen(Tick())
    assert Kill(NODE1) not in made.effects

    made.now += 1
    made.happen(Tick())
    assert Kill(NODE1) in made.effects


def test_its_own_time_out_says_nothing_of_a_silent_node() -> None:
    made = started(knobs=Knobs(connect_timeout=30))
    made.happen(RmsKilled(NODE1))
    made.happen(StartRms(NODE1, connect_timeout=7))
    made.happen(Silent(NODE1))
    made.now += 29
    made.happen(Tick())
    assert Kill(NODE1) not in made.effects

    made.wait()
    assert Kill(NODE1) in made.effects


@pytest.mark.parametrize(("knob", "blank"), [("no", ""), ("yes", " ")])
def test_a_line_of_switchlog(knob: str, blank: str) -> None:
    stamp = datetime(2012, 5, 14, 11, 8, 22, 60_000, tzinfo=UTC)
    knobs = Knobs(switchlog_blank=knob)  # type: ignore[arg-type]

    text = entry(stamp, "DET", "3", "ERROR", fault_reason("x", Cause.SCRIPT), knobs)

    assert text == (
        f"2012-05-14 11:08:22.060:{blank}(DET, 3): ERROR: FAULT REASON: Resource <x>"
        " transitioned to a Faulted state due to a script failure.\n: ====\n"
    )
