"""Switches between the nodes, asked for and refused."""

from __future__ import annotations

import pytest

from fixtures.fake_rms.model.events import (
    Exited,
    Maintain,
    Mode,
    Refused,
    RunScript,
    StartRms,
    Switch,
    Utility,
    Verb,
)
from fixtures.fake_rms.model.names import Script
from tests.fake_rms.world import (
    APP,
    BARE,
    HERE,
    NODE1,
    NODE2,
    THERE,
    crash,
    started,
    states,
)

# --- switches -------------------------------------------------------------------


def test_a_failed_stop_does_not_start_it_elsewhere() -> None:
    made = started(attributes=BARE)
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    made.happen(Switch(APP, NODE2))

    assert states(made) == ("Inconsistent", "Offline")
    made.happen(Switch(APP, NODE2))
    assert states(made) == ("Inconsistent", "Offline")


def test_a_forced_switch_starts_it_in_spite() -> None:
    made = started(attributes=BARE)
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    made.happen(Switch(APP, NODE2, forced=True))

    assert made.state(THERE) == "Online"
    assert made.environment(Script.ONLINE, "db")["HV_FORCED_REQUEST"] == "1"


def test_a_switch_to_a_faulted_node_is_refused_unless_forced() -> None:
    made = started()
    crash(made)

    made.happen(Switch(APP, NODE1))
    assert isinstance(made.answers[-1], Refused)

    made.happen(Switch(APP, NODE1, forced=True))
    assert states(made) == ("Online", "Offline")


@pytest.mark.parametrize("how", ["switch", "fault"])
def test_a_fault_in_the_targets_graph_keeps_it_here(how: str) -> None:
    """A resource of the Offline application that Check calls Faulted, until it is cleared."""
    made = started()
    made.happen(made.check(THERE, "disk", 2))

    if how == "switch":
        made.happen(Switch(APP, NODE2))
        assert isinstance(made.answers[-1], Refused)
        assert states(made) == ("Online", "Inconsistent")
    else:
        crash(made)
        assert states(made) == ("Faulted", "Inconsistent")
        made.happen(Utility(Verb.CLEAR, APP, NODE1))

    made.happen(made.check(THERE, "disk", 1))
    made.happen(Utility(Verb.CLEAR, APP, NODE2))
    made.happen(Switch(APP, NODE2))
    assert states(made) == ("Offline", "Online")


def test_a_switch_blocks_other_requests() -> None:
    made = started()
    made.hold = lambda effect: isinstance(effect, RunScript)
    made.happen(Switch(APP, NODE2))

    made.happen(Utility(Verb.OFFLINE, APP, NODE1))

    assert isinstance(made.answers[-1], Refused)


@pytest.mark.parametrize(
    "event",
    [
        Switch("nothing"),
        Switch(APP, "node9RMS"),
        Switch(APP, NODE1),
        Utility(Verb.CLEAR, APP, NODE1),
        Utility(Verb.STANDBY, APP, NODE1),
        Maintain(Mode.OFF, APP),
        StartRms(NODE1),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(event: Switch) -> None:
    made = started()
    before = made.cluster

    made.happen(event)

    assert isinstance(made.answers[-1], Refused)
    assert made.cluster == before
    assert made.scripts() == []
