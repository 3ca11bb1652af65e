"""What a fault leads to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.fake_rms.facts import Knobs
from fixtures.fake_rms.model.events import (
    Exited,
    Kill,
    Log,
    RunScript,
)
from fixtures.fake_rms.model.names import Script, SwitchOver
from tests.fake_rms.world import (
    BARE,
    CODES,
    DATABASE,
    DISK,
    HERE,
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

# --- faults ---------------------------------------------------------------------


def test_fault_scripts_run_upward_and_before_anything_is_stopped() -> None:
    made = started()
    crash(made, name="disk")

    faults = [e for e in made.effects if isinstance(e, Log) and e.component == "DET"]
    blamed = [each.text.split()[3] for each in faults]
    assert blamed == ["<disk>", "<db>", "<app1>"]
    order = of_type(made, "Fault", "PreOffline")
    assert order[:4] == ["Fault:disk", "Fault:db", "Fault:app1", "PreOffline:app1"]
    variables = made.environment(Script.OFFLINE, "disk")
    assert variables["HV_OFFLINE_REASON"] == "FAULT"


@pytest.mark.parametrize(
    ("knob", "code", "word"),
    [
        ("reported", 2, "Faulted"),
        ("reported", 1, "Offline"),
        ("Offline", 2, "Offline"),
        ("Faulted", 1, "Faulted"),
    ],
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


def with_backup(*, recovers: bool = False) -> World:
    flags = replace(CODES, monitor_only=True, auto_recover=recovers)
    database = replace(DATABASE, flags=replace(CODES, auto_recover=recovers))
    return started((DISK, database, resource("backup", flags=flags)))


def test_monitor_only_is_not_passed_on() -> None:
    made = with_backup()

    crash(made, name="backup")

    assert made.scripts() == ["Fault:backup"]
    assert made.state(HERE) == "Online"
    assert made.cluster.locals[HERE].details == "Online !!"


def test_a_kept_fault_that_is_gone_is_not_shown() -> None:
    made = with_backup()
    crash(made, name="backup")

    made.running.add((HERE, "backup"))
    made.poll()

    assert made.cluster.locals[HERE].details == ""


def test_what_is_monitored_only_is_recovered_too() -> None:
    made = with_backup(recovers=True)
    made.ends[HERE, "backup", Script.ONLINE] = Exited(1)

    crash(made, name="backup")

    assert made.scripts() == ["Online:backup", "Fault:backup"]
    assert made.state(HERE) == "Online"


def test_what_is_monitored_only_must_start() -> None:
    backup = resource("backup", flags=replace(CODES, monitor_only=True))
    made = world(DISK, DATABASE, backup)
    made.ends[HERE, "backup", Script.ONLINE] = Exited(1)

    made.start()

    assert states(made) == ("Faulted", "Online")


@pytest.mark.parametrize("first", ["db", "backup"])
def test_a_fault_while_another_is_recovered_or_kept_is_not_lost(first: str) -> None:
    made = with_backup(recovers=first == "db")
    made.hold = lambda effect: isinstance(effect, RunScript)
    crash(made, name=first)
    made.hold = lambda effect: False

    crash(made, name="disk")
    made.release()

    assert states(made) == ("Faulted", "Online")
    assert "Fault:disk" in made.scripts(HERE)


@pytest.mark.parametrize("script", [Script.FAULT, Script.OFFLINE])
@pytest.mark.parametrize(
    ("moves", "state"),
    [
        (SwitchOver.RESOURCE_FAILURE, "Online"),
        (SwitchOver.HOST_FAILURE, "Online"),
        (SwitchOver.SHUT_DOWN, "Offline"),
    ],
)
def test_after_a_halt_it_starts_elsewhere_only_by_auto_switch_over(
    script: Script, moves: SwitchOver, state: str
) -> None:
    switch_over = frozenset({moves})
    made = started(attributes=replace(BARE, switch_over=switch_over, halt=True))
    made.ends[HERE, "db", script] = Exited(1)

    crash(made)

    assert Kill(NODE1) in made.effects
    assert made.state(THERE) == state


def test_a_double_fault_that_is_kept_halts_nothing() -> None:
    made = with_backup()
    made.ends[HERE, "backup", Script.FAULT] = Exited(1)

    crash(made, name="backup")

    assert "4" in made.logged("DET")
    assert Kill(NODE1) not in made.effects
    assert states(made) == ("Online", "Offline")


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

    made.type("hvutil -f app1")

    assert Kill(NODE1) not in made.effects
    assert made.state(HERE) == "Inconsistent"
