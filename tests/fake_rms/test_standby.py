"""Hot standby: when it comes, and what takes over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.fake_rms.model.config import Attributes
from fixtures.fake_rms.model.events import RunScript, Switch, Utility, Verb
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


def standing(*why: Standby, start: bool = False) -> World:
    db = replace(DATABASE, flags=replace(CODES, standby_capable=True))
    attributes = Attributes(start, ALL, standby=frozenset(why))
    made = world(DISK, db, attributes=attributes)
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
