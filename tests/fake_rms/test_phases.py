"""What a report of Check means in each phase of a resource's life (Cmdline 3.1.6).

The manual's table of exit codes by phase is a picture; these are its sourced corners.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.fake_rms.model.config import Attributes
from fixtures.fake_rms.model.events import (
    RunScript,
)
from fixtures.fake_rms.model.names import Kind, Script
from tests.fake_rms.world import (
    ALL,
    BARE,
    CODES,
    DATABASE,
    DISK,
    HERE,
    MANUAL,
    NODE1,
    NODE2,
    THERE,
    World,
    crash,
    of_type,
    resource,
    started,
    states,
    world,
)

CODE = {0: "Online", 1: "Offline", 2: "Faulted", 4: "Standby"}


def held_at(made: World, script: Script, name: str = "db") -> None:
    """Hold the scripts of that type back: the phase in which they run goes on."""
    made.hold = lambda effect: (
        isinstance(effect, RunScript) and (effect.script, effect.name) == (script, name)
    )


# --- 1: from RMS start to Start ------------------------------------------------------


@pytest.mark.parametrize("attributes", [BARE, MANUAL])
def test_faulted_at_rms_start_is_an_initial_fault(attributes: Attributes) -> None:
    made = world(attributes=attributes)
    made.hold = lambda effect: True
    made.type("hvcm")

    made.happen(made.check(HERE, "disk", 2))
    made.happen(made.check(HERE, "db", 1))

    assert made.cluster.locals[HERE].state == "Faulted"
    assert made.cluster.locals[HERE].details == "Initial Fault"


@pytest.mark.parametrize("code", [1, 2, 4])
def test_only_online_spares_start(code: int) -> None:
    made = started(attributes=MANUAL)
    made.otherwise = code

    made.type("hvswitch app1 node1RMS")

    assert of_type(made, "Online")[:2] == ["Online:disk", "Online:db"]


# --- 2 and 5: a script runs, which is a request ---------------------------------------


@pytest.mark.parametrize("code", CODE)
def test_no_report_is_a_fault_while_start_runs(code: int) -> None:
    made = started(attributes=MANUAL)
    held_at(made, Script.ONLINE)
    made.type("hvswitch app1 node1RMS")

    made.happen(made.check(HERE, "db", code))
    assert made.logged("DET") == []

    made.release()
    assert states(made) == ("Online", "Offline")
    assert made.logged("DET") == []


@pytest.mark.parametrize("code", CODE)
def test_no_report_is_a_fault_while_stop_runs(code: int) -> None:
    made = started()
    held_at(made, Script.OFFLINE)
    made.type("hvutil -f app1")

    made.happen(made.check(HERE, "db", code))
    assert made.logged("DET") == []

    made.release()
    assert states(made) == ("Offline", "Offline")
    assert made.logged("DET") == []


def test_what_is_online_already_may_fail_while_the_rest_starts() -> None:
    made = started(attributes=MANUAL)
    held_at(made, Script.ONLINE)
    made.type("hvswitch app1 node1RMS")

    crash(made, name="disk")

    assert made.logged("DET") == ["2", "1", "1"]
    made.release()
    assert states(made) == ("Faulted", "Online")


# --- 4: in operation ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "state"),
    [(0, "Online"), (1, "Faulted"), (2, "Faulted"), (3, "Online"), (9, "Online")],
)
def test_in_operation_faulted_and_offline_are_faults(code: int, state: str) -> None:
    made = started()

    made.happen(made.check(HERE, "db", code))

    assert made.state(HERE) == state


def test_only_a_change_is_a_report() -> None:
    made = started(attributes=replace(BARE, preserve_state=True))
    crash(made)
    made.forget()

    made.happen(made.check(HERE, "db", 2))

    assert made.effects == []


# --- 7: after Stop ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "state"), [(0, "Inconsistent"), (1, "Offline"), (2, "Inconsistent")]
)
def test_after_the_stop_nothing_is_a_fault(code: int, state: str) -> None:
    made = started()
    made.type("hvutil -f app1")
    made.forget()

    made.happen(made.check(HERE, "db", code))

    assert made.state(HERE) == state
    assert made.scripts() == []


# --- what an operator and a flag make of it ---------------------------------------------


def either() -> World:
    one, two = resource("one"), resource("two")
    top = replace(
        resource("either", children=("one", "two")),
        kind=Kind.OR,
        scripts={Script.FAULT: "Fault"},
        check=None,
    )
    return started((one, two, top))


def test_an_or_operator_stops_a_fault_while_another_child_is_online() -> None:
    made = either()

    crash(made, name="one")
    assert made.scripts() == ["Fault:one"]
    assert states(made) == ("Online", "Offline")
    assert made.cluster.locals[HERE].details == "Online !!"

    crash(made, name="two")
    assert of_type(made, "Fault") == [
        "Fault:one",
        "Fault:two",
        "Fault:either",
        "Fault:app1",
    ]
    assert states(made) == ("Faulted", "Online")


@pytest.mark.parametrize(
    ("exclusive", "expected"),
    [(True, ("Offline", "Inconsistent")), (False, ("Online", "Offline"))],
)
def test_what_is_not_exclusive_may_be_online_on_both(
    exclusive: bool, expected: tuple[str, str]
) -> None:
    disk = replace(DISK, flags=replace(CODES, cluster_exclusive=exclusive))
    made = world(disk, DATABASE)
    made.running.add((THERE, "disk"))

    made.start()

    assert states(made) == expected


def test_preserve_state_is_ignored_where_a_resource_failure_moves_it() -> None:
    made = started(attributes=replace(BARE, switch_over=ALL, preserve_state=True))

    crash(made)

    assert states(made) == ("Faulted", "Online")
    assert "Offline:disk" in made.scripts(HERE)


@pytest.mark.parametrize(
    ("priority", "expected"),
    [(True, ("Offline", "Online")), (False, ("Online", "Offline"))],
)
def test_online_priority_or_the_order_of_definition(
    priority: bool, expected: tuple[str, str]
) -> None:
    made = started(attributes=replace(BARE, online_priority=priority))
    made.type("hvswitch app1 node2RMS")
    for node in (NODE1, NODE2):
        made.happen(made.down(node))
    made.cluster = replace(
        made.cluster, nodes=world().cluster.nodes
    )  # both have booted

    made.start()

    assert states(made) == expected
