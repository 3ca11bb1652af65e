"""Hot standby: when it comes, and what takes over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.fake_rms.facts import Knobs
from fixtures.fake_rms.model.config import Attributes, configure
from fixtures.fake_rms.model.events import (
    Exited,
    Kill,
    Refused,
    RunScript,
    Switch,
    Utility,
    Verb,
)
from fixtures.fake_rms.model.names import Script, Standby
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
    World,
    crash,
    states,
    world,
)


def standing(*why: Standby, start: bool = False, **knobs: str) -> World:
    db = replace(DATABASE, flags=replace(CODES, standby_capable=True))
    attributes = Attributes(start, ALL, standby=frozenset(why))
    given = Knobs(**knobs)  # type: ignore[arg-type]
    made = world(DISK, db, attributes=attributes, knobs=given)
    made.start()
    return made


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        (Standby.START_UP, ("Standby", "Standby")),
        (Standby.SWITCH_REQUEST, ("Offline", "Offline")),
    ],
)
def test_standby_at_rms_start(why: Standby, expected: tuple[str, str]) -> None:
    assert states(standing(why)) == expected


def test_standby_after_a_switch_that_is_none_elsewhere() -> None:
    made = standing(Standby.SWITCH_REQUEST)

    made.happen(Switch(APP, NODE1))
    assert states(made) == ("Online", "Standby")

    made.happen(Switch(APP, NODE2))
    assert states(made) == ("Standby", "Online")


def test_standby_after_a_fault_was_cleared_on_that_node_alone() -> None:
    made = standing(Standby.CLEAR_FAULT_REQUEST, start=True)
    crash(made)
    made.happen(Utility(Verb.OFFLINE, APP, NODE2))
    assert states(made) == ("Faulted", "Offline")

    made.happen(Utility(Verb.CLEAR, APP, NODE1))

    assert states(made) == ("Standby", "Offline")


def test_standby_by_hand() -> None:
    made = standing(start=True)
    assert states(made) == ("Online", "Offline")

    made.happen(Utility(Verb.STANDBY, APP, NODE2))

    assert states(made) == ("Online", "Standby")


@pytest.mark.parametrize(("knob", "stops"), [("nothing", 0), ("offline", 1)])
def test_a_fault_in_standby_leaves_the_active_node_alone(knob: str, stops: int) -> None:
    made = standing(Standby.START_UP, start=True, cut_off=knob)
    made.forget()
    made.standing.discard((THERE, "db"))

    made.happen(made.check(THERE, "db", 2))

    assert states(made)[0] == "Online"
    assert made.cluster.locals[THERE].state == "Faulted"
    assert made.scripts(HERE) == []
    assert made.scripts(THERE)[:2] == ["Fault:db", f"Fault:{APP}"]
    assert made.scripts(THERE).count("Offline:db") == stops


@pytest.mark.parametrize("script", [Script.FAULT, Script.OFFLINE])
def test_a_double_fault_in_standby_halts_nothing(script: Script) -> None:
    made = standing(Standby.START_UP, start=True, cut_off="offline")
    app = made.config.applications[APP]
    halting = replace(app, attributes=replace(app.attributes, halt=True))
    made.config = configure([halting], made.config.knobs)
    made.ends[THERE, "db", script] = Exited(1)
    made.standing.discard((THERE, "db"))

    made.happen(made.check(THERE, "db", 2))

    assert Kill(NODE2) not in made.effects
    assert states(made)[0] == "Online"


def test_a_fault_in_standby_is_overridden_by_force_alone() -> None:
    made = standing(Standby.START_UP, start=True)
    made.happen(made.check(THERE, "disk", 2))
    assert states(made) == ("Online", "Standby")

    made.happen(Switch(APP, NODE2))
    assert isinstance(made.answers[-1], Refused)

    made.happen(Switch(APP, NODE2, forced=True))
    assert states(made) == ("Offline", "Online")


def test_standby_resources_stand_by_and_take_over_without_a_stop() -> None:
    db = replace(DATABASE, flags=replace(CODES, standby_capable=True))
    attributes = Attributes(True, ALL, standby=frozenset({Standby.START_UP}))
    made = world(db, replace(DISK, name="disk"), attributes=attributes)
    made.hold = lambda effect: (
        isinstance(effect, RunScript)
        and effect.environment.get("HV_INTENDED_STATE") == "Standby"
        and effect.script is Script.ONLINE
        and effect.name == "db"
    )
    made.start()

    standby = made.held[0]

    assert isinstance(standby, RunScript)
    assert standby.where == THERE
    assert standby.environment["HV_INTENDED_STATE"] == "Standby"
    assert made.state(HERE) == "Online"
