"""How processing walks over the graph."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.fake_rms.facts import Knobs
from fixtures.fake_rms.model.config import Attributes, Flags
from fixtures.fake_rms.model.events import (
    Exited,
    Tick,
)
from fixtures.fake_rms.model.names import Kind, Script
from tests.fake_rms.world import (
    APP,
    BARE,
    HERE,
    MANUAL,
    NODE2,
    crash,
    of_type,
    resource,
    started,
    states,
    world,
)

# --- online ---------------------------------------------------------------------


def test_auto_start_up_waits_for_all_nodes() -> None:
    made = world()

    made.type("hvcm")
    assert made.state(HERE) == "Offline"

    made.type("hvcm", NODE2)
    assert states(made) == ("Online", "Offline")


def test_a_partial_cluster_starts_at_once() -> None:
    made = world(attributes=Attributes(auto_start_up=True, partial_cluster=True))

    made.type("hvcm")

    assert made.state(HERE) == "Online"


def test_online_goes_from_the_leaves_up() -> None:
    made = world()

    made.start()

    assert made.scripts(HERE) == [
        "Init:app1",
        "PreCheck:app1",
        "PreOnline:disk",
        "PreOnline:db",
        "PreOnline:app1",
        "Online:disk",
        "PostOnline:disk",
        "Online:db",
        "PostOnline:db",
        "Online:app1",
        "PostOnline:app1",
    ]


def test_start_is_skipped_where_check_says_online() -> None:
    made = world(attributes=MANUAL)
    made.start()
    made.running.add((HERE, "disk"))

    made.type("hvswitch app1 node1RMS")

    assert of_type(made, "Online") == ["Online:db", "Online:app1"]


def test_siblings_start_in_the_files_order_and_stop_against_it() -> None:
    made = world(resource("one"), resource("two"))
    made.start()
    made.type("hvutil -f app1")

    assert of_type(made, "Online")[:2] == ["Online:one", "Online:two"]
    assert of_type(made, "Offline") == ["Offline:app1", "Offline:two", "Offline:one"]


def test_a_failed_pre_check_ends_it_without_a_fault() -> None:
    made = world(attributes=MANUAL)
    made.start()
    made.ends[HERE, APP, Script.PRE_CHECK] = Exited(1)

    made.type("hvswitch app1 node1RMS")

    assert made.state(HERE) == "Offline"
    assert made.cluster.locals[HERE].details == "PreCheckScriptFailed"


def test_a_start_whose_goal_is_not_reached_is_a_fault() -> None:
    made = world()
    made.breaks.add((HERE, "db"))
    made.start()
    assert made.state(HERE) == "Wait"

    made.now += 59
    made.happen(Tick())
    assert made.state(HERE) == "Wait"

    made.now += 1
    made.happen(Tick())
    assert states(made) == ("Faulted", "Online")
    assert made.logged("DET")[0] == "6"


def test_rms_may_ask_once_only() -> None:
    made = world(knobs=Knobs(settle="once"))
    made.breaks.add((HERE, "db"))

    made.start()

    assert states(made) == ("Faulted", "Online")
    assert made.logged("DET")[0] == "6"


def test_an_or_operator_needs_one_child_only() -> None:
    one, two = resource("one"), resource("two")
    either = replace(
        resource("either", children=("one", "two")), kind=Kind.OR, scripts={}
    )
    made = world(one, two, replace(either, check=None))
    made.ends[HERE, "one", Script.ONLINE] = Exited(1)

    made.start()

    assert states(made) == ("Online", "Offline")
    assert made.cluster.locals[HERE].details == "Online !!"


def test_an_or_operator_without_a_child_that_starts_is_a_fault() -> None:
    top = replace(resource("either", children=("one", "two")), kind=Kind.OR, scripts={})
    made = world(resource("one"), resource("two"), replace(top, check=None))
    for name in ("one", "two"):
        made.ends[HERE, name, Script.ONLINE] = Exited(1)

    made.start()

    assert states(made) == ("Faulted", "Online")


UNSEEN = replace(
    resource("unseen", flags=Flags(auto_recover=True, standby_capable=True)),
    check=None,
)


def test_without_a_detector_the_scripts_tell_and_no_flag_counts() -> None:
    made = world(UNSEEN, resource("db"))
    made.start()
    made.type("hvutil -f app1")

    app = made.config.applications[APP]
    none = Flags(null_detector=True, cluster_exclusive=False)
    assert app.objects["unseen"].flags == none
    assert not app.can_stand_by()
    assert [s for s in made.scripts(HERE) if s.endswith(":unseen")] == [
        "PreOnline:unseen",
        "Online:unseen",
        "PostOnline:unseen",
        "PreOffline:unseen",
        "Offline:unseen",
        "PostOffline:unseen",
    ]


@pytest.mark.parametrize(("state", "calls"), [("Faulted", 1), ("Offline", 0)])
def test_stop_without_a_detector_runs_where_the_application_is_not_offline(
    state: str, calls: int
) -> None:
    made = started(objects=(UNSEEN, resource("db")))
    if state == "Faulted":
        crash(made)
    else:
        made.type("hvutil -f app1")
    assert made.state(HERE) == state
    made.forget()

    made.type("hvutil -d app1")

    assert made.scripts().count("Offline:unseen") == calls
    assert made.scripts().count("Offline:db") == 0


# --- offline --------------------------------------------------------------------


def test_the_pre_offline_wave_is_complete_before_the_first_offline_script() -> None:
    made = started()

    made.type("hvutil -f app1")

    assert made.scripts() == [
        "PreOffline:app1",
        "PreOffline:db",
        "PreOffline:disk",
        "Offline:app1",
        "PostOffline:app1",
        "Offline:db",
        "PostOffline:db",
        "Offline:disk",
        "PostOffline:disk",
        "OfflineDone:app1",
    ]
    assert states(made) == ("Offline", "Offline")


def test_stop_that_does_not_stop_is_a_fault_after_its_time_out() -> None:
    made = started(attributes=BARE)
    made.breaks.add((HERE, "db"))
    made.type("hvutil -f app1")

    made.wait()

    assert made.logged("DET") == ["5"]
    assert made.cluster.locals[HERE].details == "Offline Failed"
    assert "Offline:disk" not in made.scripts()


@pytest.mark.parametrize(("knob", "calls"), [("clear", 1), ("always", 1), ("never", 0)])
def test_clearing_a_fault_calls_stop_on_what_is_offline(knob: str, calls: int) -> None:
    made = started(knobs=Knobs(stop_when_offline=knob))  # type: ignore[arg-type]
    crash(made)
    assert states(made) == ("Faulted", "Online")
    made.forget()

    made.type("hvutil -c app1")

    assert made.scripts().count("Offline:db") == calls
    assert states(made) == ("Offline", "Online")
    assert (
        calls == 0
        or made.environment(Script.OFFLINE, "db")["HV_OFFLINE_REASON"] == "STOP"
    )


def test_rms_may_look_once_only_after_stop() -> None:
    made = started(attributes=BARE, knobs=Knobs(settle="once"))
    made.breaks.add((HERE, "db"))

    made.type("hvutil -f app1")

    assert made.logged("DET") == ["5"]
