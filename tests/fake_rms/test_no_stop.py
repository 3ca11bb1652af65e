"""A resource without StopCommand, and one that says Standby and cannot be: the detector's word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.fake_rms.model.config import Attributes
from fixtures.fake_rms.model.detector import report
from fixtures.fake_rms.model.names import Report, Script, Standby
from tests.fake_rms.world import (
    ALL,
    CODES,
    DATABASE,
    DISK,
    HERE,
    THERE,
    World,
    resource,
    started,
    states,
    world,
)

STOPLESS = resource("db", children=("disk",))
STOPLESS = replace(
    STOPLESS,
    scripts={s: v for s, v in STOPLESS.scripts.items() if s is not Script.OFFLINE},
)


def _running() -> World:
    made = started((DISK, STOPLESS))
    assert states(made) == ("Online", "Offline")
    made.forget()
    return made


def test_it_is_not_offline_while_its_check_says_online() -> None:
    made = _running()
    made.type("hvswitch app1 node2RMS")

    assert states(made) == ("Wait", "Offline")
    assert "Offline:disk" not in made.scripts(HERE)
    assert made.scripts(THERE) == []


def test_it_is_offline_and_moves_when_its_check_says_so() -> None:
    made = _running()
    made.type("hvswitch app1 node2RMS")
    made.running.discard((HERE, "db"))
    made.poll()

    assert states(made) == ("Offline", "Online")


def test_where_it_never_is_nothing_is_started_elsewhere() -> None:
    made = _running()
    made.type("hvutil -f app1")
    made.wait()

    assert made.logged("DET") == ["5"]
    assert made.scripts(THERE) == []


def test_what_cannot_stand_by_has_no_part_in_standby_processing() -> None:
    db = replace(DATABASE, flags=replace(CODES, standby_capable=True))
    front = resource("front", children=("db",))
    why = frozenset({Standby.START_UP})
    made = world(DISK, db, front, attributes=Attributes(True, ALL, standby=why))
    made.start()

    assert states(made) == ("Online", "Standby")
    assert "Online:db" in made.scripts(THERE)
    assert [s for s in made.scripts(THERE) if s.endswith(":front")] == []
    assert made.cluster.locals[THERE].objects["front"].state == "Offline"

    made.type("hvswitch app1 node2RMS")
    assert states(made) == ("Offline", "Online")
    assert "Online:front" in made.scripts(THERE)


@pytest.mark.parametrize("capable", [False, True])
def test_only_what_can_stand_by_is_standby(capable: bool) -> None:
    flags = replace(CODES, standby_capable=capable)

    assert report(flags, 4) is (Report.STANDBY if capable else Report.OFFLINE)
