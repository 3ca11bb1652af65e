"""Nodes and RMS that come and go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.fake_rms.facts import Knobs
from fixtures.fake_rms.model.config import Attributes
from fixtures.fake_rms.model.events import (
    Kill,
    Log,
    RmsKilled,
    RunScript,
    Silent,
    StartRms,
    Tick,
)
from tests.fake_rms.world import (
    ALL,
    BARE,
    HERE,
    NODE1,
    NODE2,
    THERE,
    crash,
    resource,
    started,
    states,
    world,
)

# --- nodes ----------------------------------------------------------------------


def test_rms_that_starts_asks_to_join() -> None:
    made = world()
    made.start()

    said = {
        (e.node, e.text) for e in made.effects if isinstance(e, Log) if e.number == "6"
    }

    config = "/opt/SMAW/SMAWRrms/build/config.us"
    text = (
        f"Host <{NODE2}> with configuration <{config}> requested to join its cluster."
    )
    assert said == {(NODE1, text)}


def test_every_change_that_a_detector_reports_is_logged() -> None:
    made = started()
    made.poll()
    assert made.effects == []

    crash(made)

    said = [e.text for e in made.effects if isinstance(e, Log) and e.node == NODE1]
    assert said[0] == "the detector of db reports Faulted"
    assert "FAULT REASON" in said[1]


def test_without_host_failure_nothing_is_started() -> None:
    made = started(attributes=BARE)

    made.happen(made.down(NODE1))

    assert made.state(THERE) == "Offline"


def test_the_target_of_a_switch_dies_before_the_source_is_stopped() -> None:
    made = started()
    made.hold = lambda effect: isinstance(effect, RunScript)
    made.type("hvswitch app1 node2RMS")
    made.happen(made.down(NODE2))

    made.release()

    assert made.state(HERE) == "Online"


def test_a_silent_node_is_killed_after_the_connect_time_out() -> None:
    made = started()
    made.happen(Silent(NODE1))
    made.now += 29
    made.happen(Tick())
    assert Kill(NODE1) not in made.effects

    made.now += 1
    made.happen(Tick())

    assert made.state(THERE) == "Online"


def test_a_heart_beat_that_comes_back_kills_nobody() -> None:
    made = started()
    made.happen(Silent(NODE1))
    made.happen(Silent(NODE1, beats=True))

    made.wait()

    assert states(made) == ("Online", "Offline")


def test_an_operators_stop_is_not_undone_by_a_node_that_joins() -> None:
    made = started()
    made.type("hvutil -f app1")
    made.type("hvshut -l", NODE2)

    made.type("hvcm", NODE2)

    assert states(made) == ("Offline", "Offline")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (True, True, ("Online", "Offline")),
        (True, False, ("Online", "Offline")),
        (False, True, ("Offline", "Online")),
        (False, False, ("Offline", "Offline")),
    ],
)
def test_auto_start_up_is_ignored_on_a_node(
    first: bool, second: bool, expected: tuple[str, str]
) -> None:
    made = world()

    made.happen(StartRms(NODE1, first))
    made.happen(StartRms(NODE2, second))

    assert states(made) == expected


def test_auto_start_up_does_not_wait_for_a_node_that_is_ignored() -> None:
    made = world()
    made.config = replace(made.config, ignored=frozenset({NODE2}))

    made.type("hvcm")

    assert made.state(HERE) == "Online"


@pytest.mark.parametrize(
    ("persistent", "state"), [(True, "Faulted"), (False, "Offline")]
)
def test_a_fault_outlives_rms_where_it_is_persistent(
    persistent: bool, state: str
) -> None:
    made = started(attributes=Attributes(switch_over=ALL, persistent_fault=persistent))
    made.type("hvswitch app1 node1RMS")
    crash(made)
    made.type("hvshut -l")

    made.type("hvcm")

    assert made.state(HERE) == state


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


def test_a_switch_goes_on_where_its_source_dies_meanwhile() -> None:
    made = started(attributes=BARE)  # without HostFailure, which would start it anyhow
    made.hold = lambda effect: isinstance(effect, RunScript)
    made.type("hvswitch app1 node2RMS")

    made.happen(made.down(NODE1))
    made.release()

    assert made.state(THERE) == "Online"


def test_deact_outlives_rms_and_ends_without_it() -> None:
    made = started()
    made.type("hvutil -d app1")
    made.type("hvshut -l")
    made.type("hvcm")
    assert made.state(HERE) == "Deact"

    made.type("hvshut -l")
    made.type("hvutil -a app1")
    made.type("hvcm")
    assert made.state(HERE) == "Offline"


def test_what_has_no_detector_at_all_is_started_too() -> None:
    made = world(replace(resource("unseen"), check=None))

    made.start()

    assert states(made) == ("Online", "Offline")
