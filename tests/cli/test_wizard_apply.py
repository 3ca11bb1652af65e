"""pgx_wizard apply on the fake hvw: what it types, and that a second run changes nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.fix_wizard import APPLICATIONS, Wizard, manual


@pytest.fixture
def wizard(registered_wizard: Wizard) -> Wizard:
    return registered_wizard


def _wanted(wizard: Wizard, name: object) -> str:
    file = APPLICATIONS / f"{name}.toml" if isinstance(name, str) else name
    return wizard.run("show", file).stdout


def _is_activated(wizard: Wizard) -> bool:
    held = wizard.held()
    return bool(held["generated"]) and held["activated"] == held["applications"]


@pytest.mark.parametrize("name", ["manual", "manual_backup"])
def test_what_hvw_holds_is_what_show_shows(wizard: Wizard, name: str) -> None:
    said = wizard.apply(name)

    assert said.returncode == 0, said.stderr
    assert wizard.shown() == _wanted(wizard, name)
    assert _is_activated(wizard)


def test_a_second_run_changes_nothing(wizard: Wizard) -> None:
    wizard.apply("manual")
    state = wizard.state / "state.json"
    before = state.stat().st_ino, state.read_bytes()
    said = wizard.apply("manual")

    assert said.returncode == 0, said.stderr
    assert (state.stat().st_ino, state.read_bytes()) == before
    assert " added" not in said.stderr


def test_a2_adds_a_class_and_file_systems_to_what_is_there(wizard: Wizard) -> None:
    wizard.apply("manual")
    said = wizard.apply("manual_backup")

    assert said.returncode == 0, said.stderr
    assert re.findall(r": (\S+) added", said.stderr) == [
        "class0002",
        "/mnt/monitor3",
        "/mnt/swdsk3",
    ]
    assert wizard.shown() == _wanted(wizard, "manual_backup")


@pytest.mark.parametrize(
    "knobs",
    [
        {"numbers": 11},
        {"extra": 1},
        {"page": 10},
        {"page": 2},
        {"variants": 1},
        {"pieces": 7},
        {"early": 1},
        {"generate": "Generating\nEverything is fine, 0 errors."},
        {"numbers": 30, "extra": 1, "page": 3, "variants": 1, "pieces": 50},
    ],
    ids=str,
)
def test_a_hostile_hvw_is_typed_into_all_the_same(
    wizard: Wizard, knobs: dict[str, Any]
) -> None:
    said = wizard.apply("manual_backup", **knobs)

    assert said.returncode == 0, said.stderr
    wizard.knobs()
    assert wizard.shown() == _wanted(wizard, "manual_backup")
    assert wizard.apply("manual_backup", **knobs).returncode == 0


def test_a_slow_hvw_is_waited_for(wizard: Wizard) -> None:
    said = wizard.apply("manual", delay=0.03)

    assert said.returncode == 0, said.stderr


def _changed(wizard: Wizard, *pairs: tuple[str, str], base: str = "manual") -> Any:
    text = manual(base)
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return wizard.file(text)


def test_what_differs_is_changed_and_all_else_stays(wizard: Wizard) -> None:
    wizard.apply("manual")
    other = _changed(
        wizard,
        ("PersistentFault = 1", 'PersistentFault = 0\nAutoSwitchOver = ["HostFailure"]\n'
         'StandbyTransitions = []\nFaultScript = "/usr/local/bin/alarm app1"\nScriptTimeout = 900'),
        ("[gls]", "[gls]\nTimeout = 90"),
        ("[gds]", '[gds]\nAutoRecover = "yes"\nTimeout = 3600'),
        ('kind = "symfoware"', 'kind = "symfoware"\nOnlineTimeout = 7200'),
        ('"takeoverip"', '"takeoverip"\nAUTORECOVER = true'),
        ('purpose = "tablespace"', 'purpose = "tablespace"\nflags = ["SYNC", "AUTORECOVER"]'),
    )  # fmt: skip
    said = wizard.apply(other)

    assert said.returncode == 0, said.stderr
    held = wizard.shown()
    for line in (
        "PersistentFault=0", "AutoSwitchOver=HostFailure\n", "StandbyTransitions=No",
        "FaultScript=/usr/local/bin/alarm app1", "ScriptTimeout=900", "AutoRecover=yes",
        "Timeout=90", "Timeout=3600", "OnlineTimeout[0]=7200", "=NA,takeoverip",
        "MountPoints[3]=LAY:/mnt/swdsk2", "HaltFlag=yes",
    ):  # fmt: skip
        assert line in held, line
    assert wizard.apply(other).returncode == 0
    assert wizard.shown() == held
    wizard.apply("manual")
    assert wizard.shown() == _wanted(wizard, "manual")


def test_nothing_is_removed_without_being_asked(wizard: Wizard) -> None:
    wizard.apply("manual_backup")
    before = wizard.shown()
    said = wizard.apply("manual")

    assert said.returncode == 0, said.stderr
    assert "LocalFileSystems has /mnt/swdsk3 too" in said.stderr
    assert wizard.shown() == before


def test_prune_leaves_what_the_file_has(wizard: Wizard) -> None:
    wizard.apply("manual_backup")
    said = wizard.apply("manual", "--prune")

    assert said.returncode == 0, said.stderr
    assert wizard.shown() == _wanted(wizard, "manual")


def test_prune_removes_a_sub_application(wizard: Wizard) -> None:
    wizard.apply("manual")
    without = _changed(wizard, ('[gls]\n[[gls.address]]\nname = "takeoverip"\n', ""))
    said = wizard.apply(without, "--prune")

    assert said.returncode == 0, said.stderr
    assert "Gls" not in wizard.shown()


def test_the_database_alone_is_removed_and_put_back(wizard: Wizard) -> None:
    """3.2: a registered resource is modified by removing it from the application first."""
    wizard.apply("manual")
    said = wizard.apply("manual", "--without-database")

    assert said.returncode == 0, said.stderr
    assert "Symfoware" not in wizard.shown()
    assert "LA:/mnt/swdsk1" in wizard.shown()
    assert _is_activated(wizard)
    wizard.apply("manual")
    assert wizard.shown() == _wanted(wizard, "manual")


def test_until_generate_stops_before_activate(wizard: Wizard) -> None:
    said = wizard.apply("manual", "--until=generate")

    assert said.returncode == 0, said.stderr
    assert wizard.held()["generated"] is True
    assert wizard.held()["activated"] == {}


def test_dry_run_shows_what_would_be_typed_and_saves_nothing(wizard: Wizard) -> None:
    said = wizard.apply("manual", "--dry-run")

    assert said.returncode == 0, said.stderr
    assert "    AutoSwitchOver: choose HOSTFAILURE\n" in said.stdout
    assert said.stdout.endswith("main menu: choose QUIT\n")
    assert wizard.held() == {}


def test_dry_run_on_what_is_there_shows_the_difference(wizard: Wizard) -> None:
    wizard.apply("manual")
    before = wizard.held()
    said = wizard.apply("manual_backup", "--dry-run", early=1)

    assert "choose class0002" in said.stdout
    assert "choose MONITORONLY" in said.stdout
    assert "AutoStartUp" not in said.stdout
    assert wizard.held() == before


def test_what_was_set_up_later_is_offered_beside_what_is_held(wizard: Wizard) -> None:
    """hvgdsetup -a and a line of fstab.pcl: `fake-hvw --offer` stands for both."""
    file = wizard.file(manual())
    assert wizard.fake("--init", file).returncode == 0
    assert wizard.apply(file).returncode == 0
    more = _changed(wizard, base="manual_backup")

    said = wizard.apply(more)
    assert "hvw does not offer class0002" in said.stderr, said.stderr
    assert wizard.fake("--offer", more).returncode == 0
    assert wizard.apply(more).returncode == 0
    assert wizard.shown() == _wanted(wizard, more)


def test_a_monitor_that_comes_too_late_is_told(wizard: Wizard) -> None:
    """New mount points are appended; A.1.6 wants monitors before what they monitor."""
    text = manual()
    first, second = text.index("[[file_systems.mount]]"), text.rindex("# Monitoring")
    assert second < first
    monitor = text[first : text.index("[[file_systems.mount]]", first + 1)]
    early = wizard.file(
        text.replace(monitor, "").replace("/mnt/monitor1", "/mnt/monitor2")
    )
    assert wizard.apply(early).returncode == 0
    said = wizard.apply("manual")

    assert said.returncode == 0, said.stderr
    assert "LocalFileSystems has /mnt/swdsk1 before /mnt/monitor1" in said.stderr
    assert wizard.run("check", APPLICATIONS / "manual.toml").returncode == 0
