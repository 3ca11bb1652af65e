"""The HV_* variables of each kind of script, as the tables of RMS's manuals have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from fixtures.fake_rms.facts import Knobs
from fixtures.fake_rms.model.cluster import initial
from fixtures.fake_rms.model.config import Attributes
from fixtures.fake_rms.model.environment import of_check
from fixtures.fake_rms.model.events import (
    RunScript,
    Where,
)
from fixtures.fake_rms.model.names import Script, Standby
from tests.fake_rms.world import (
    ALL,
    APP,
    CODES,
    DISK,
    HERE,
    THERE,
    World,
    crash,
    resource,
    started,
    states,
    world,
)

ALWAYS = {
    "HV_APPLICATION",
    "HV_NODENAME",
    "HV_SCRIPT_TYPE",
    "HV_AUTORECOVER",
    "HV_FORCED_REQUEST",
    "HV_LAST_DET_REPORT",
    "HV_REQUESTING_CONTROLLER",
    "HV_SCALABLE_CONTROLLER",
    "HV_SCALABLE_INFO",
}


def runs(made: World, where: Where, name: str = "db") -> list[tuple[str, str, str]]:
    """Return each Start and Stop with its last report and what is intended."""
    return [
        (
            each.script.value,
            each.environment["HV_LAST_DET_REPORT"],
            each.environment["HV_INTENDED_STATE"],
        )
        for each in made.effects
        if isinstance(each, RunScript)
        and (each.where, each.name) == (where, name)
        and each.script in (Script.ONLINE, Script.OFFLINE)
    ]


# --- a resource that is no hot standby (I&A 6.11.1, table 6.3) ---------------------

START, STOP = ("Online", "Offline", "Online"), ("Offline", "Online", "Offline")


def test_at_rms_start() -> None:
    made = world()
    made.start()

    assert (runs(made, HERE), runs(made, THERE)) == ([START], [])


def test_at_rms_stop() -> None:
    made = started()
    made.type("hvshut -a")

    assert (runs(made, HERE), runs(made, THERE)) == ([STOP], [])


def test_at_a_switch() -> None:
    made = started()
    made.type("hvswitch app1 node2RMS")

    assert (runs(made, HERE), runs(made, THERE)) == ([STOP], [START])


def test_after_a_fault() -> None:
    made = started()
    crash(made, code=1)

    assert runs(made, HERE) == [("Offline", "Offline", "Offline")]
    assert runs(made, THERE) == [START]


def test_on_leaving_maintenance_mode() -> None:
    made = started()
    made.type("hvutil -m on app1")
    made.type("hvutil -m off app1")

    assert runs(made, HERE) == [("Online", "Online", "Online")]
    assert runs(made, THERE) == []


# --- a hot standby (what follows from the rules: its table could not be read) -------


def hot() -> World:
    db = resource("db", flags=replace(CODES, standby_capable=True))
    stands = frozenset(Standby)
    attributes = Attributes(True, ALL, standby=stands)
    return world(DISK, db, attributes=attributes)


def test_a_hot_standby_comes_up_and_goes_down() -> None:
    made = hot()
    made.start()
    assert states(made) == ("Online", "Standby")
    assert runs(made, HERE) == [START]
    assert runs(made, THERE) == [("Online", "Offline", "Standby")]
    made.forget()

    made.type("hvshut -a")

    assert runs(made, HERE) == [STOP]
    assert runs(made, THERE) == [("Offline", "Standby", "Offline")]


def test_a_hot_standby_takes_over_without_a_stop() -> None:
    made = hot()
    made.start()
    made.forget()

    made.type("hvswitch app1 node2RMS")

    assert runs(made, THERE) == [("Online", "Standby", "Online")]
    assert runs(made, HERE) == [STOP, ("Online", "Offline", "Standby")]
    assert states(made) == ("Standby", "Online")


# --- each variable ------------------------------------------------------------------


def test_init_script_has_all_but_what_belongs_to_a_transition() -> None:
    made = world()
    made.start()

    variables = made.environment(Script.INIT, APP)

    assert set(variables) == ALWAYS | {"NODE_SCRIPTS_TIME_OUT"}
    assert variables["HV_SCRIPT_TYPE"] == "Init"


def test_check_has_two_variables_or_all() -> None:
    def given(knobs: Knobs) -> Mapping[str, str]:
        config = world(knobs=knobs).config
        return of_check(config, initial(config), HERE, "db")

    assert given(Knobs()) == {"HV_APPLICATION": APP, "HV_NODENAME": "db"}
    assert set(given(Knobs(check_environment="all"))) == ALWAYS


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("hvutil -f app1", "STOP"),
        ("hvutil -d app1", "DEACT"),
        ("hvswitch app1 node2RMS", "SWITCH"),
        ("hvshut -l", "SHUT"),
    ],
)
def test_each_request_has_its_reason(command: str, reason: str) -> None:
    made = started()
    made.type(command)

    for script in (Script.PRE_OFFLINE, Script.OFFLINE, Script.POST_OFFLINE):
        variables = made.environment(script, "db")
        assert set(variables) == ALWAYS | {
            "HV_OFFLINE_REASON",
            "HV_INTENDED_STATE",
            "NODE_SCRIPTS_TIME_OUT",
        }
        assert variables["HV_OFFLINE_REASON"] == reason
        assert variables["HV_SCRIPT_TYPE"] == script.value
        assert variables["NODE_SCRIPTS_TIME_OUT"] == "30"


@pytest.mark.parametrize("script", Script)
def test_each_script_has_the_time_out_of_its_direction(script: Script) -> None:
    offline = script.value.startswith(("Offline", "PreOffline", "PostOffline"))

    assert resource("db").timeout(script) == (30 if offline else 60)


def test_a_fault_has_its_reason_after_the_fault_scripts() -> None:
    made = started()
    crash(made)

    fault, stop = (made.environment(s, "db") for s in (Script.FAULT, Script.OFFLINE))

    assert "HV_OFFLINE_REASON" not in fault
    assert (fault["HV_INTENDED_STATE"], stop["HV_OFFLINE_REASON"]) == (
        "Faulted",
        "FAULT",
    )


@pytest.mark.parametrize(
    ("knobs", "script", "variable", "value"),
    [
        (Knobs(shut_reason="STOP"), Script.OFFLINE, "HV_OFFLINE_REASON", "STOP"),
        (Knobs(reason_online="empty"), Script.ONLINE, "HV_OFFLINE_REASON", ""),
        (Knobs(intended="absent"), Script.ONLINE, "HV_INTENDED_STATE", None),
        (Knobs(script_type="OnlineScript"), Script.ONLINE, "HV_SCRIPT_TYPE", "OnlineScript"),
        (Knobs(script_type="online"), Script.ONLINE, "HV_SCRIPT_TYPE", "online"),
    ],
)  # fmt: skip
def test_each_other_spelling(
    knobs: Knobs, script: Script, variable: str, value: str | None
) -> None:
    made = world(knobs=knobs)
    made.start()
    made.type("hvshut -a")

    assert made.environment(script, "db").get(variable) == value


@pytest.mark.parametrize(
    ("word", "value"),
    [("Offline", "Offline"), ("NoReport", "NoReport"), ("unset", None)],
)
def test_before_the_first_report(word: str, value: str | None) -> None:
    made = world(knobs=Knobs(no_report=word))  # type: ignore[arg-type]
    made.type("hvcm")

    assert made.environment(Script.INIT, APP).get("HV_LAST_DET_REPORT") == value
