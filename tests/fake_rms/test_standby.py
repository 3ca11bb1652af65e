"""Hot standby: when it comes, and what takes over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.fake_rms.model.config import Attributes, configure
from fixtures.fake_rms.model.events import (
    Exited,
    Kill,
    Refused,
    RmsKilled,
)
from fixtures.fake_rms.model.names import Script, Standby
from tests.fake_rms.world import (
    ALL,
    APP,
    CODES,
    DATABASE,
    DISK,
    HERE,
    NODE2,
    THERE,
    World,
    crash,
    resource,
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

    made.type("hvswitch app1 node1RMS")
    assert states(made) == ("Online", "Standby")

    made.type("hvswitch app1 node2RMS")
    assert states(made) == ("Standby", "Online")


def test_standby_after_a_fault_was_cleared_on_that_node_alone() -> None:
    made = standing(Standby.CLEAR_FAULT_REQUEST, start=True)
    crash(made)
    made.type("hvutil -f app1", NODE2)
    assert states(made) == ("Faulted", "Offline")

    made.type("hvutil -c app1")

    assert states(made) == ("Standby", "Offline")


def test_standby_by_hand() -> None:
    made = standing(start=True)
    assert states(made) == ("Online", "Offline")

    made.type("hvutil -s app1", NODE2)

    assert states(made) == ("Online", "Standby")


def test_a_fault_in_standby_leaves_the_active_node_alone() -> None:
    made = standing(Standby.START_UP, start=True)
    made.forget()
    made.standing.discard((THERE, "db"))

    made.happen(made.check(THERE, "db", 2))

    assert states(made)[0] == "Online"
    assert made.cluster.locals[THERE].state == "Faulted"
    assert made.scripts(HERE) == []
    assert made.scripts(THERE) == ["Fault:db", f"Fault:{APP}"]


def test_a_double_fault_in_standby_halts_nothing() -> None:
    made = standing(Standby.START_UP, start=True)
    app = made.config.applications[APP]
    halting = replace(app, attributes=replace(app.attributes, halt=True))
    made.config = configure([halting], made.config.knobs)
    made.ends[THERE, "db", Script.FAULT] = Exited(1)
    made.standing.discard((THERE, "db"))

    made.happen(made.check(THERE, "db", 2))

    assert Kill(NODE2) not in made.effects
    assert states(made)[0] == "Online"


def test_a_fault_in_standby_is_overridden_by_force_alone() -> None:
    made = standing(Standby.START_UP, start=True)
    made.happen(made.check(THERE, "disk", 2))
    assert states(made) == ("Online", "Standby")

    made.type("hvswitch app1 node2RMS")
    assert isinstance(made.answers[-1], Refused)

    made.type("hvswitch -f app1 node2RMS")
    assert states(made) == ("Offline", "Online")


def test_a_start_to_standby_that_fails_leaves_the_active_node_alone() -> None:
    made = standing(Standby.SWITCH_REQUEST)
    made.ends[THERE, "db", Script.ONLINE] = Exited(1)

    made.type("hvswitch app1 node1RMS")

    assert states(made)[0] == "Online"
    assert made.cluster.locals[THERE].state == "Faulted"


def test_rms_that_starts_again_finds_what_stands_by() -> None:
    db = resource("db", flags=replace(CODES, standby_capable=True))
    why = frozenset({Standby.START_UP})
    made = world(db, attributes=Attributes(True, ALL, standby=why))
    made.start()
    assert states(made) == ("Online", "Standby")
    made.forget()

    made.happen(RmsKilled(NODE2))
    made.type("hvcm", NODE2)

    assert states(made) == ("Online", "Standby")
    assert made.scripts() == ["Init:app1"]
