"""CommandLines and IpAddresses, which no manual shows: left to a person, or typed when
asked for; what else CommandLines lists is not the database's.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from pgx_wizard.core.parts.basics import same
from tests.fix_wizard import APPLICATIONS, Wizard, manual

OURS = "/opt/pgx_pclrsc/bin/pgx_online pgxtest"
FOREIGN = "/opt/app/start web"


@pytest.fixture
def wizard(registered_wizard: Wizard) -> Wizard:
    return registered_wizard


def _entries(wizard: Wizard) -> list[dict[str, Any]]:
    subs = wizard.held()["applications"]["APP1"]["subs"]
    entries: list[dict[str, Any]] = subs["CommandLines"]["entries"]
    return entries


def _with_a_foreign_command(wizard: Wizard) -> dict[str, Any]:
    """Put another command before the database's, as somebody types it in hvw."""
    assert wizard.apply("cmdline", "--type-inferred").returncode == 0
    held = wizard.held()
    foreign = {
        "StartCommands": FOREIGN,
        "StopCommands": "/opt/app/stop web",
        "CheckCommands": "/opt/app/check web",
        "flags": ["AUTORECOVER"],
        "timeout": "60",
    }
    subs = held["applications"]["APP1"]["subs"]
    subs["CommandLines"]["entries"].insert(0, foreign)
    (wizard.state / "state.json").write_text(json.dumps(held))
    return foreign


def test_another_command_is_left_as_it_is(wizard: Wizard) -> None:
    foreign = _with_a_foreign_command(wizard)
    said = wizard.apply("cmdline", "--type-inferred")

    assert said.returncode == 0, said.stderr
    assert _entries(wizard)[0] == foreign
    assert [e["StartCommands"] for e in _entries(wizard)] == [FOREIGN, OURS]


def test_the_database_is_added_behind_another_command(wizard: Wizard) -> None:
    foreign = _with_a_foreign_command(wizard)
    held = wizard.held()
    del held["applications"]["APP1"]["subs"]["CommandLines"]["entries"][1]
    (wizard.state / "state.json").write_text(json.dumps(held))
    said = wizard.apply("cmdline", "--type-inferred")

    assert said.returncode == 0, said.stderr
    assert _entries(wizard)[0] == foreign
    assert _entries(wizard)[1]["StartCommands"] == OURS
    assert _entries(wizard)[1]["flags"] == ["ALLEXITCODES", "CLUSTEREXCLUSIVE"]
    assert _entries(wizard)[1]["timeout"] == "3600"


def test_scripts_elsewhere_change_the_entry_that_is_there(wizard: Wizard) -> None:
    assert wizard.apply("cmdline", "--type-inferred").returncode == 0
    text = (APPLICATIONS / "cmdline.toml").read_text()
    file = wizard.file(text.replace("/opt/pgx_pclrsc/bin", "/opt/new/bin"))
    said = wizard.apply(file, "--type-inferred")

    assert said.returncode == 0, said.stderr
    (entry,) = _entries(wizard)
    assert entry["StartCommands"] == "/opt/new/bin/pgx_online pgxtest"
    assert entry["CheckCommands"] == "/opt/new/bin/pgx_check pgxtest"


def test_another_command_is_not_removed_with_the_database(wizard: Wizard) -> None:
    _with_a_foreign_command(wizard)
    before = wizard.held()
    said = wizard.apply("cmdline", "--without-database", "--type-inferred")

    assert said.returncode == 1
    assert f"CommandLines has {FOREIGN} too" in said.stderr
    assert wizard.held() == before


def test_another_resource_is_not_removed_with_the_database(wizard: Wizard) -> None:
    assert wizard.apply("manual").returncode == 0
    held = wizard.held()
    entries = held["applications"]["APP1"]["subs"]["Symfoware"]["entries"]
    entries.append(entries[0] | {"ResourceName": "other"})
    (wizard.state / "state.json").write_text(json.dumps(held))
    said = wizard.apply("manual", "--without-database")

    assert said.returncode == 1
    assert "Symfoware has other too" in said.stderr
    assert wizard.held() == held


# --- typed by a person, or when asked for


def _is_activated(wizard: Wizard) -> bool:
    held = wizard.held()
    return bool(held["generated"]) and held["activated"] == held["applications"]


@pytest.mark.parametrize("shown", ["", "''"])
def test_whatever_empty_looks_like_standby_transitions_are_no(shown: str) -> None:
    assert same("No", shown, "StandbyTransitions")
    assert same("", shown, "StandbyTransitions")
    assert not same("StartUp", shown, "StandbyTransitions")


def test_command_lines_are_left_to_a_person(wizard: Wizard) -> None:
    said = wizard.apply("cmdline")

    assert said.returncode == 3
    assert "type `/opt/pgx_pclrsc/bin/pgx_online pgxtest`" in said.stdout
    assert "`ALLEXITCODES=Yes`" in said.stdout
    held = wizard.held()
    assert set(held["applications"]["APP1"]["subs"]) == {
        "Gds:Global-Disk-Services",
        "Gls:Global-Link-Services",
        "LocalFileSystems",
    }
    assert held["generated"] is False


def test_once_a_person_has_typed_them_it_goes_on_to_activate(wizard: Wizard) -> None:
    wizard.apply("cmdline")
    assert wizard.apply("cmdline").returncode == 3  # not yet
    assert (
        wizard.apply("cmdline", "--type-inferred", "--until=generate").returncode == 0
    )
    said = wizard.apply("cmdline")

    assert said.returncode == 0, said.stderr
    assert "CommandLines is there and was not compared" in said.stderr
    assert _is_activated(wizard)


@pytest.mark.parametrize("knobs", [{}, {"extra": 1, "numbers": 5, "page": 4}])
def test_inferred_screens_are_typed_when_asked_for(
    wizard: Wizard, knobs: dict[str, Any]
) -> None:
    said = wizard.apply("cmdline", "--type-inferred", **knobs)

    assert said.returncode == 0, said.stderr
    entry = wizard.held()["applications"]["APP1"]["subs"]["CommandLines"]["entries"][0]
    assert entry == {
        "StartCommands": "/opt/pgx_pclrsc/bin/pgx_online pgxtest",
        "StopCommands": "/opt/pgx_pclrsc/bin/pgx_offline pgxtest",
        "CheckCommands": "/opt/pgx_pclrsc/bin/pgx_check pgxtest",
        "flags": ["ALLEXITCODES", "CLUSTEREXCLUSIVE"],
        "timeout": "3600",
    }
    before = wizard.held()
    assert wizard.apply("cmdline", "--type-inferred", **knobs).returncode == 0
    assert wizard.held() == before


NETWORK = """
[network]
[[network.address]]
name = "dbhost"
address = "192.0.2.10"
device = "eth1"
prefix = 24
"""


def test_a_network_is_inferred_too(wizard: Wizard) -> None:
    file = wizard.file(manual() + NETWORK)
    wizard.fake("--init", file)
    said = wizard.apply(file)

    assert said.returncode == 3
    assert "Add `dbhost`" in said.stdout
    assert wizard.apply(file, "--type-inferred").returncode == 0
    assert "Interfaces[0]=dbhost" in wizard.shown()


def test_the_other_databases_item_is_no_second_database(wizard: Wizard) -> None:
    wizard.apply("manual")
    before = wizard.held()
    said = wizard.apply("cmdline", "--type-inferred")

    assert said.returncode == 1
    assert "has a database under Symfoware already" in said.stderr
    assert wizard.held() == before
    assert wizard.apply("cmdline", "--type-inferred", "--prune").returncode == 0
    assert "Symfoware" not in wizard.shown()


def test_command_lines_are_removed_by_a_person_or_when_asked_for(
    wizard: Wizard,
) -> None:
    wizard.apply("cmdline", "--type-inferred")

    assert wizard.apply("cmdline", "--without-database").returncode == 3
    assert "Command lines" in wizard.shown()
    again = wizard.apply("cmdline", "--without-database", "--type-inferred")
    assert again.returncode == 0
    assert "Command lines" not in wizard.shown()
    assert wizard.apply("cmdline", "--without-database").returncode == 0


def test_standby_transitions_shown_empty_are_no(wizard: Wizard) -> None:
    """Also where hvw shows No as nothing once it has been chosen."""
    standby = 'PersistentFault = 1\nStandbyTransitions = ["StartUp"]'
    file = wizard.file(manual().replace("PersistentFault = 1", standby))
    assert wizard.apply(file, unset=1).returncode == 0
    no = standby.replace('"StartUp"', "")
    none = wizard.file(manual().replace("PersistentFault = 1", no))
    said = wizard.apply(none, unset=1)

    assert said.returncode == 0, said.stderr
    assert "StandbyTransitions=\n" in wizard.shown()
    again = wizard.apply(none, unset=1)
    assert again.returncode == 0
    assert "StandbyTransitions=No\n" not in again.stderr


# --- what a dry run says of them --------------------------------------------------


def test_a_dry_run_ends_where_something_is_left_to_a_person(wizard: Wizard) -> None:
    said = wizard.apply("cmdline", "--dry-run")

    assert "CommandLines: (left to a person" in said.stdout
    assert "Configuration-Generate" not in said.stdout


def test_a_dry_run_types_nothing_that_is_there(wizard: Wizard) -> None:
    assert wizard.apply("cmdline", "--type-inferred").returncode == 0
    said = wizard.apply("cmdline", "--dry-run", "--type-inferred")

    assert "FREECHOICE" not in said.stdout
    assert "there already" in said.stdout
    assert "Configuration-Activate" in said.stdout


def test_a_dry_run_of_a_removal(wizard: Wizard) -> None:
    nothing = wizard.apply("cmdline", "--dry-run", "--without-database")
    assert nothing.returncode == 1
    assert "no application APP1" in nothing.stderr
    assert wizard.apply("cmdline", "--type-inferred").returncode == 0

    said = wizard.apply("cmdline", "--dry-run", "--without-database")
    assert "CommandLines: (left to a person" in said.stdout
    assert "REMOVE+EXIT" not in said.stdout
