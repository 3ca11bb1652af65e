"""Each rule of the model by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.fake_rms.facts import Knobs
from fixtures.fake_rms.model.config import Attributes, Flags
from fixtures.fake_rms.model.events import (
    Accepted,
    Exited,
    Kill,
    Maintain,
    Mode,
    NodeUp,
    Overdue,
    Refused,
    RmsKilled,
    RunScript,
    ShutDown,
    Silent,
    StartRms,
    Switch,
    Tick,
    Utility,
    Verb,
    Where,
)
from fixtures.fake_rms.model.names import Kind, Script, Standby, SwitchOver
from tests.fake_rms.world import (
    ALL,
    APP,
    DATABASE,
    DISK,
    HERE,
    NODE1,
    NODE2,
    NODES,
    THERE,
    World,
    resource,
    world,
)

MANUAL = Attributes(switch_over=ALL, halt=True)
BARE = Attributes(auto_start_up=True)


def started(**options: object) -> World:
    made = world(**options)  # type: ignore[arg-type]
    made.start()
    made.forget()
    return made


def crash(made: World, where: Where = HERE, name: str = "db", code: int = 2) -> None:
    made.running.discard((where, name))
    made.happen(made.check(where, name, code))


def states(made: World) -> tuple[str, str]:
    return made.state(HERE), made.state(THERE)


def of_type(made: World, *kinds: str) -> list[str]:
    return [s for s in made.scripts() if s.split(":")[0] in kinds]


# --- online ---------------------------------------------------------------------


def test_auto_start_up_waits_for_all_nodes() -> None:
    made = world()

    made.happen(StartRms(NODE1))
    assert made.state(HERE) == "Offline"

    made.happen(StartRms(NODE2))
    assert states(made) == ("Online", "Offline")


def test_a_partial_cluster_starts_at_once() -> None:
    made = world(attributes=Attributes(auto_start_up=True, partial_cluster=True))

    made.happen(StartRms(NODE1))

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

    made.happen(Switch(APP, NODE1))

    assert of_type(made, "Online") == ["Online:db", "Online:app1"]


def test_siblings_start_in_the_files_order_and_stop_against_it() -> None:
    made = world(resource("one"), resource("two"))
    made.start()
    made.happen(Utility(Verb.OFFLINE, APP, NODE1))

    assert of_type(made, "Online")[:2] == ["Online:one", "Online:two"]
    assert of_type(made, "Offline") == ["Offline:app1", "Offline:two", "Offline:one"]


def test_a_failed_pre_check_ends_it_without_a_fault() -> None:
    made = world(attributes=MANUAL)
    made.start()
    made.ends[HERE, APP, Script.PRE_CHECK] = Exited(1)

    made.happen(Switch(APP, NODE1))

    assert made.state(HERE) == "Offline"
    assert made.cluster.locals[HERE].details == "PreCheckScriptFailed"


@pytest.mark.parametrize("end", [Exited(1), Overdue()])
def test_a_start_that_fails_moves_the_application(end: Exited | Overdue) -> None:
    made = world()
    made.ends[HERE, "db", Script.ONLINE] = end

    made.start()

    assert states(made) == ("Faulted", "Online")
    assert made.logged("DET")[0] == "3"
    assert made.cluster.locals[HERE].details == "Failed Over"


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


# --- offline --------------------------------------------------------------------


def test_the_pre_offline_wave_is_complete_before_the_first_offline_script() -> None:
    made = started()

    made.happen(Utility(Verb.OFFLINE, APP, NODE1))

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


def test_offline_done_may_follow_the_application() -> None:
    made = started(knobs=Knobs(offline_done="application"))

    made.happen(Utility(Verb.OFFLINE, APP, NODE1))

    done = made.scripts().index("OfflineDone:app1")
    assert done == made.scripts().index("PostOffline:app1") + 1


def test_stop_that_does_not_stop_is_a_fault_after_its_time_out() -> None:
    made = started(attributes=BARE)
    made.breaks.add((HERE, "db"))
    made.happen(Utility(Verb.OFFLINE, APP, NODE1))

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

    made.happen(Utility(Verb.CLEAR, APP, NODE1))

    assert made.scripts().count("Offline:db") == calls
    assert states(made) == ("Offline", "Online")
    assert (
        calls == 0
        or made.environment(Script.OFFLINE, "db")["HV_OFFLINE_REASON"] == "STOP"
    )


# --- switches -------------------------------------------------------------------


def test_a_switch_stops_here_and_starts_there() -> None:
    made = started()

    made.happen(Switch(APP, NODE2))

    assert states(made) == ("Offline", "Online")
    variables = made.environment(Script.OFFLINE, "db")
    assert variables["HV_OFFLINE_REASON"] == "SWITCH"
    assert variables["HV_FORCED_REQUEST"] == "0"
    assert variables["HV_LAST_DET_REPORT"] == "Online"
    assert variables["HV_INTENDED_STATE"] == "Offline"


def test_without_a_node_the_next_one_is_taken() -> None:
    made = started()

    made.happen(Switch(APP))
    made.happen(Switch(APP))

    assert states(made) == ("Online", "Offline")


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


# --- faults ---------------------------------------------------------------------


@pytest.mark.parametrize(("code", "number"), [(2, "2"), (1, "7")])
def test_faulted_and_offline_without_a_request_are_faults(
    code: int, number: str
) -> None:
    made = started()

    crash(made, code=code)

    assert states(made) == ("Faulted", "Online")
    assert made.logged("DET") == [number]
    assert made.environment(Script.ONLINE, "db")["HV_INTENDED_STATE"] == "Online"


def test_fault_scripts_run_upward_and_before_anything_is_stopped() -> None:
    made = started()
    crash(made, name="disk")

    order = of_type(made, "Fault", "PreOffline")
    assert order[:4] == ["Fault:disk", "Fault:db", "Fault:app1", "PreOffline:app1"]
    variables = made.environment(Script.OFFLINE, "disk")
    assert variables["HV_OFFLINE_REASON"] == "FAULT"


@pytest.mark.parametrize(
    ("knob", "code", "word"),
    [("reported", 2, "Faulted"), ("reported", 1, "Offline"), ("Offline", 2, "Offline")],
)
def test_last_report_in_the_stop_after_a_fault(knob: str, code: int, word: str) -> None:
    made = started(knobs=Knobs(last_after_fault=knob))  # type: ignore[arg-type]

    crash(made, code=code)

    assert made.environment(Script.OFFLINE, "db")["HV_LAST_DET_REPORT"] == word


def test_without_resource_failure_it_stays_down() -> None:
    made = started(attributes=BARE)

    crash(made)

    assert states(made) == ("Faulted", "Offline")
    assert "Offline:disk" in made.scripts()


def test_preserve_state_leaves_everything() -> None:
    made = started(attributes=replace(BARE, preserve_state=True))

    crash(made)

    assert made.cluster.locals[HERE].details == "Preserved"
    assert of_type(made, "Offline") == []


def recovering(**knobs: str) -> World:
    db = replace(DATABASE, flags=Flags(auto_recover=True))
    app = world(DISK, db, knobs=Knobs(**knobs))  # type: ignore[arg-type]
    app.start()
    app.forget()
    return app


def test_auto_recover_that_succeeds_keeps_it_here() -> None:
    made = recovering()

    crash(made)

    assert made.scripts() == ["Online:db", "PostOnline:db"]
    assert made.environment(Script.ONLINE, "db")["HV_AUTORECOVER"] == "1"
    assert states(made) == ("Online", "Offline")


def test_auto_recover_is_tried_once() -> None:
    made = recovering()
    made.ends[HERE, "db", Script.ONLINE] = Exited(1)

    crash(made)

    assert made.scripts(HERE).count("Online:db") == 1
    assert states(made) == ("Faulted", "Online")
    assert made.logged("DET") == ["2", "3"]


def test_auto_recover_may_come_after_the_fault_script() -> None:
    made = recovering(recover="after")
    made.ends[HERE, "db", Script.ONLINE] = Exited(1)

    crash(made)

    order = [s for s in made.scripts(HERE) if s.startswith(("Fault", "Online"))]
    assert order == ["Fault:db", "Online:db", "Fault:app1"]


def test_monitor_only_is_not_passed_on() -> None:
    backup = replace(resource("backup"), flags=Flags(monitor_only=True))
    made = world(DISK, DATABASE, backup)
    made.start()

    crash(made, name="backup")

    assert made.state(HERE) == "Online"
    assert made.cluster.locals[HERE].details == "Online !!"


@pytest.mark.parametrize("reason", ["fault", "switch"])
def test_halt_kills_the_node_and_goes_on(reason: str) -> None:
    made = started()
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    if reason == "fault":
        crash(made)
    else:
        made.happen(Switch(APP, NODE2))

    assert Kill(NODE1) in made.effects
    assert made.state(THERE) == "Online"
    assert made.cluster.nodes[NODE1].details == "Killed"


def test_halt_is_ignored_without_another_node() -> None:
    made = started()
    made.happen(made.down(NODE2))
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    crash(made)

    assert made.logged("UAP") == ["3"]
    assert Kill(NODE1) not in made.effects


def test_a_plain_stop_that_fails_halts_nothing() -> None:
    made = started()
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    made.happen(Utility(Verb.OFFLINE, APP, NODE1))

    assert Kill(NODE1) not in made.effects
    assert made.state(HERE) == "Inconsistent"


def test_a_failing_fault_script_is_a_double_fault() -> None:
    made = started()
    made.ends[HERE, "db", Script.FAULT] = Exited(1)

    crash(made)

    assert "4" in made.logged("DET")
    assert made.state(THERE) == "Online"


# --- nodes ----------------------------------------------------------------------


def test_a_panic_of_the_active_node_starts_it_on_the_other() -> None:
    made = started()

    made.happen(made.down(NODE1))

    assert made.state(THERE) == "Online"
    assert made.cluster.nodes[NODE1].state == "Faulted"


def test_a_panic_of_the_standby_node_changes_nothing() -> None:
    made = started()

    made.happen(made.down(NODE2))

    assert made.state(HERE) == "Online"
    assert made.scripts() == []


def test_without_host_failure_nothing_is_started() -> None:
    made = started(attributes=BARE)

    made.happen(made.down(NODE1))

    assert made.state(THERE) == "Offline"


def test_the_target_of_a_switch_dies_before_the_source_is_stopped() -> None:
    made = started()
    made.hold = lambda effect: isinstance(effect, RunScript)
    made.happen(Switch(APP, NODE2))
    made.hold = lambda effect: False
    made.happen(made.down(NODE2))

    for effect in list(made.held):
        for event in made.react(effect):
            made.happen(event)

    assert made.state(HERE) == "Online"


def test_a_silent_node_is_killed_after_the_connect_time_out() -> None:
    made = started()
    made.happen(Silent(NODE1))
    made.now += 29
    made.happen(Tick())
    assert Kill(NODE1) not in made.effects

    made.now += 1
    made.happen(Tick())

    assert made.state(THERE) == "Online"


def test_a_heart_beat_that_comes_back_kills_nobody() -> None:
    made = started()
    made.happen(Silent(NODE1))
    made.happen(Silent(NODE1, beats=True))

    made.wait()

    assert states(made) == ("Online", "Offline")


def test_rms_that_was_killed_and_starts_again_finds_it_online() -> None:
    made = started()

    made.happen(RmsKilled(NODE1))
    made.happen(StartRms(NODE1))

    assert made.scripts() == ["Init:app1"]
    assert states(made) == ("Online", "Offline")


def test_rms_that_stays_away_costs_the_node() -> None:
    made = started()

    made.happen(RmsKilled(NODE1))
    made.wait()

    assert Kill(NODE1) in made.effects
    assert made.state(THERE) == "Online"


def test_an_operators_stop_is_not_undone_by_a_node_that_joins() -> None:
    made = started()
    made.happen(Utility(Verb.OFFLINE, APP, NODE1))
    made.happen(ShutDown((NODE2,)))

    made.happen(StartRms(NODE2))

    assert states(made) == ("Offline", "Offline")


def test_online_priority_starts_where_it_was() -> None:
    made = started(attributes=replace(BARE, online_priority=True))
    made.happen(Switch(APP, NODE2))
    made.happen(ShutDown(NODES, everywhere=True))

    made.start()

    assert states(made) == ("Offline", "Online")


@pytest.mark.parametrize(
    ("persistent", "state"), [(True, "Faulted"), (False, "Offline")]
)
def test_a_fault_outlives_rms_where_it_is_persistent(
    persistent: bool, state: str
) -> None:
    made = started(attributes=Attributes(switch_over=ALL, persistent_fault=persistent))
    made.happen(Switch(APP, NODE1))
    crash(made)
    made.happen(ShutDown((NODE1,)))

    made.happen(StartRms(NODE1))

    assert made.state(HERE) == state


# --- RMS stops ------------------------------------------------------------------


def test_hvshut_moves_the_application() -> None:
    made = started()

    made.happen(ShutDown((NODE1,)))

    assert made.state(THERE) == "Online"
    assert not made.cluster.nodes[NODE1].rms
    assert made.environment(Script.OFFLINE, "db")["HV_OFFLINE_REASON"] == "SHUT"


def test_hvshut_without_shut_down_does_not() -> None:
    switch_over = frozenset({SwitchOver.HOST_FAILURE})
    made = started(attributes=replace(BARE, switch_over=switch_over))

    made.happen(ShutDown((NODE1,)))

    assert made.state(THERE) == "Offline"


def test_hvshut_everywhere_moves_nothing() -> None:
    made = started()

    made.happen(ShutDown(NODES, everywhere=True))

    assert made.running == set()
    assert not any(node.rms for node in made.cluster.nodes.values())


def test_hvshut_that_keeps_the_application_runs_no_script() -> None:
    made = started()
    made.happen(ShutDown((NODE1,), keep=True))
    assert made.scripts() == []

    made.happen(Switch(APP, NODE2))
    assert isinstance(made.answers[-1], Refused)

    made.happen(StartRms(NODE1))
    assert states(made) == ("Online", "Offline")


def test_a_forced_switch_kills_the_node_without_rms_first() -> None:
    made = started()
    made.happen(ShutDown((NODE1,), keep=True))

    made.happen(Switch(APP, NODE2, forced=True))

    assert Kill(NODE1) in made.effects
    assert made.state(THERE) == "Online"


def test_a_panic_while_the_standby_has_no_rms_starts_nothing() -> None:
    made = started()
    made.happen(ShutDown((NODE2,), keep=True))

    made.happen(made.down(NODE1))
    made.happen(StartRms(NODE2))

    assert made.state(THERE) == "Offline"


def test_hvshut_whose_stop_fails_leaves_rms_running() -> None:
    made = started(attributes=BARE)
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    made.happen(ShutDown((NODE1,)))

    assert made.cluster.nodes[NODE1].rms


# --- Deact, Standby, maintenance, double Online -------------------------------------


def test_deact_and_activate() -> None:
    made = started()
    made.happen(Utility(Verb.DEACT, APP, NODE1))
    assert states(made) == ("Deact", "Offline")
    assert made.environment(Script.OFFLINE, "db")["HV_OFFLINE_REASON"] == "DEACT"

    made.happen(Switch(APP, NODE1))
    assert isinstance(made.answers[-1], Refused)

    made.happen(Utility(Verb.ACTIVATE, APP, NODE1))
    made.happen(Switch(APP, NODE1))
    assert states(made) == ("Online", "Offline")


def test_standby_resources_stand_by_and_take_over_without_a_stop() -> None:
    db = replace(DATABASE, flags=Flags(standby_capable=True))
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


def test_maintenance_mode_sees_nothing() -> None:
    made = started()
    made.happen(Maintain(Mode.ON, APP))

    crash(made)

    assert states(made) == ("Maintenance-Online", "Maintenance-Offline")
    assert made.scripts() == []


def test_leaving_maintenance_runs_start_on_what_is_online() -> None:
    made = started()
    made.happen(Maintain(Mode.ON, APP))
    made.happen(Maintain(Mode.OFF, APP))

    variables = made.environment(Script.ONLINE, "db")

    assert variables["HV_LAST_DET_REPORT"] == variables["HV_INTENDED_STATE"] == "Online"
    assert states(made) == ("Online", "Offline")


def test_leaving_maintenance_lists_what_is_different() -> None:
    made = started()
    made.happen(Maintain(Mode.ON, APP))
    crash(made)

    made.happen(Maintain(Mode.OFF, APP))
    answer = made.answers[-1]
    assert isinstance(answer, Refused)
    assert "db on node1RMS" in answer.why

    made.happen(Maintain(Mode.FORCE_OFF, APP))
    assert made.answers[-1] == Accepted()
    assert states(made) == ("Faulted", "Online")


def test_a_resource_that_runs_on_the_other_node_is_inconsistent() -> None:
    made = started()

    made.running.add((THERE, "db"))
    made.poll()

    assert states(made) == ("Online", "Inconsistent")


def test_what_runs_on_another_node_is_not_started_here() -> None:
    made = world()
    made.running.add((THERE, "db"))

    made.start()

    assert states(made) == ("Offline", "Inconsistent")
    made.happen(Switch(APP, NODE1))
    assert isinstance(made.answers[-1], Refused)


def test_rms_that_finds_it_on_both_nodes_takes_one_for_online() -> None:
    made = world()
    made.running |= {(w, n) for w in (HERE, THERE) for n in ("disk", "db")}

    made.start()

    assert states(made) == ("Online", "Inconsistent")


def test_a_node_that_boots_has_no_rms() -> None:
    made = started()
    made.happen(made.down(NODE2))

    made.happen(NodeUp(NODE2))

    assert made.cluster.nodes[NODE2].state == "Offline"
    assert not made.cluster.nodes[NODE2].rms
