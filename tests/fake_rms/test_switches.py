"""Switches between the nodes, asked for and refused."""

from __future__ import annotations

import pytest

from fixtures.fake_rms.model.events import (
    Exited,
    Refused,
    RunScript,
)
from fixtures.fake_rms.model.names import Script
from tests.fake_rms.world import (
    BARE,
    HERE,
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

    made.type("hvswitch app1 node2RMS")

    assert states(made) == ("Inconsistent", "Offline")
    made.type("hvswitch app1 node2RMS")
    assert states(made) == ("Inconsistent", "Offline")


def test_a_forced_switch_starts_it_in_spite() -> None:
    made = started(attributes=BARE)
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    made.type("hvswitch -f app1 node2RMS")

    assert made.state(THERE) == "Online"
    assert made.environment(Script.ONLINE, "db")["HV_FORCED_REQUEST"] == "1"


def test_a_switch_to_a_faulted_node_is_refused_unless_forced() -> None:
    made = started()
    crash(made)

    made.type("hvswitch app1 node1RMS")
    assert isinstance(made.answers[-1], Refused)

    made.type("hvswitch -f app1 node1RMS")
    assert states(made) == ("Online", "Offline")


@pytest.mark.parametrize("how", ["switch", "fault"])
def test_a_fault_in_the_targets_graph_keeps_it_here(how: str) -> None:
    """A resource of the Offline application that Check calls Faulted, until it is cleared."""
    made = started()
    made.happen(made.check(THERE, "disk", 2))

    if how == "switch":
        made.type("hvswitch app1 node2RMS")
        assert isinstance(made.answers[-1], Refused)
        assert states(made) == ("Online", "Inconsistent")
    else:
        crash(made)
        assert states(made) == ("Faulted", "Inconsistent")
        made.type("hvutil -c app1")

    made.happen(made.check(THERE, "disk", 1))
    made.type("hvutil -c app1", NODE2)
    made.type("hvswitch app1 node2RMS")
    assert states(made) == ("Offline", "Online")


def test_a_switch_blocks_other_requests() -> None:
    made = started()
    made.hold = lambda effect: isinstance(effect, RunScript)
    made.type("hvswitch app1 node2RMS")

    made.type("hvutil -f app1")

    assert isinstance(made.answers[-1], Refused)


@pytest.mark.parametrize(
    "command",
    [
        "hvswitch nothing",
        "hvswitch app1 node9RMS",
        "hvswitch app1 node1RMS",
        "hvutil -c app1",
        "hvutil -s app1",
        "hvutil -m off app1",
        "hvcm",
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(command: str) -> None:
    made = started()
    before = made.cluster

    made.type(command)

    assert isinstance(made.answers[-1], Refused)
    assert made.cluster == before
    assert made.scripts() == []
