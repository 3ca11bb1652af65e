"""What hvdisp shows of states and nodes."""

from __future__ import annotations

import pytest

from fixtures.fake_rms.model.display import hvdisp, object_state
from fixtures.fake_rms.model.events import (
    RunCheck,
    RunScript,
)
from tests.fake_rms.world import (
    APP,
    HERE,
    NODE1,
    NODE2,
    World,
    crash,
    started,
    states,
    world,
)


def rows(made: World, node: str, kind: str) -> list[list[str]]:
    lines = hvdisp(made.config, made.cluster, node, kind)
    return [line.split() for line in lines[6:]]


def test_the_other_nodes_row_is_shown_where_it_is_online() -> None:
    made = started()
    crash(made)

    assert rows(made, NODE1, "userApplication") == [
        [APP, "userApp", "Faulted", "Failed", "Over"],
        [APP, "userApp", NODE2, "Online"],
    ]
    assert rows(made, NODE2, "userApplication") == [[APP, "userApp", "Online"]]


@pytest.mark.parametrize("state", ["Faulted", "Deact", "Offline"])
def test_maintenance_mode_has_three_names(state: str) -> None:
    made = started()
    if state == "Faulted":
        crash(made)
    elif state == "Deact":
        made.type("hvutil -d app1")
    else:
        made.type("hvutil -f app1")
    assert made.state(HERE) == state

    made.type("hvutil -m on app1")
    assert made.state(HERE) == "Maintenance-Offline"

    made.type("hvutil -m off app1")
    assert made.state(HERE) == state


def test_a_node_whose_rms_was_shut_down_is_offline_and_one_that_was_killed_faulted() -> (
    None
):
    made = started()
    made.type("hvshut -l", NODE2)
    assert rows(made, NODE1, "SysNode") == [
        [NODE1, "SysNode", "Online"],
        [NODE2, "SysNode", "Offline"],
    ]

    made.happen(made.down(NODE2, killed=True))
    assert rows(made, NODE1, "SysNode")[1] == [NODE2, "SysNode", "Faulted", "Killed"]
    assert states(made)[0] == "Online"


def shown(made: World, name: str = "db") -> tuple[str, str]:
    local = made.cluster.locals[HERE]
    return made.state(HERE), object_state(local, name)


def test_unknown_until_every_detector_has_reported() -> None:
    made = world()
    made.hold = lambda effect: isinstance(effect, RunCheck)
    made.type("hvcm")
    assert shown(made) == ("Unknown", "Unknown")

    made.happen(made.check(HERE, "disk"))
    assert made.state(HERE) == "Unknown"

    made.happen(made.check(HERE, "db"))
    assert shown(made) == ("Offline", "Offline")


@pytest.mark.parametrize("verb", ["-f", "-d"])
def test_wait_while_it_is_processed(verb: str) -> None:
    made = started()
    made.hold = lambda effect: isinstance(effect, RunScript)

    made.type(f"hvutil {verb} app1")

    assert shown(made) == ("Wait", "Wait")


def test_a_fault_is_shown_until_it_is_cleared() -> None:
    made = started()
    crash(made)
    assert shown(made) == ("Faulted", "OfflineFault")
    assert shown(made, "disk") == ("Faulted", "Offline")

    made.type("hvutil -c app1")
    assert shown(made) == ("Offline", "Offline")
