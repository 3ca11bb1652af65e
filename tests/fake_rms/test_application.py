"""Application files: what they mean, and every error with its line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from fixtures.fake_rms import application, cluster_files, pretend
from fixtures.fake_rms.facts import Knobs
from fixtures.fake_rms.model.config import Application
from fixtures.fake_rms.model.detector import report
from fixtures.fake_rms.model.names import Kind, Report, Script, SwitchOver
from fixtures.fake_rms.problems import Wrong, lines
from fixtures.fake_rms.words import RESOURCE_KEYS, TABLES

GOOD = """\
name = "APP1"
machines = ["node1RMS", "node2RMS"]

[attributes]
PersistentFault = 1

[gds]
disk_classes = ["class0001"]

[database]
kind = "cmdline"
resource = "pgxtest"
script_dir = "/opt/bin"
timeout = 3600

[database.flags]
ALLEXITCODES = "Yes"

[[gls.address]]
name = "takeoverip"

[[file_systems.mount]]
mount_point = "/mnt/data"
purpose = "data"

[[file_systems.mount]]
mount_point = "/mnt/backup"
purpose = "backup"
flags = ["MONITORONLY"]

[[file_systems.mount]]
mount_point = "/mnt/monitor"
purpose = "monitor"
"""


def read(text: str) -> Application:
    return application.parse("app.toml", text, pretend.commands).application


def wrong(text: str) -> list[str]:
    with pytest.raises(Wrong) as caught:
        read(text)
    return lines("fake-rms", caught.value.problems)


def test_the_wizards_file_from_the_disk_up() -> None:
    app = read(GOOD)

    assert app.objects[app.name].children == (
        "Gds_APP1",
        "Lfs_APP1",
        "Gls_APP1",
        "Cmdline_pgxtest",
    )
    assert app.name == "app1"
    mounts = app.objects["Lfs_APP1"].children
    assert len(mounts) == 3
    assert app.objects[mounts[-1]].flags.monitor_only
    assert app.upward()[0] == "Gds000_Gds_APP1"


def test_the_database_runs_this_projects_scripts() -> None:
    database = read(GOOD).objects["Cmdline_pgxtest"]

    assert database.scripts[Script.ONLINE] == "/opt/bin/pgx_online pgxtest"
    assert database.check == "/opt/bin/pgx_check pgxtest"
    assert database.timeout(Script.OFFLINE) == 3600


def test_what_the_manual_recommends_is_the_default() -> None:
    attributes = read(GOOD).attributes
    assert attributes.auto_start_up
    assert attributes.halt
    assert attributes.persistent_fault
    assert attributes.switch_over == frozenset(SwitchOver)


def test_without_flags_every_code_but_0_is_offline() -> None:
    text = 'name = "A"\nmachines = ["aRMS"]\n[[resource]]\nname = "x"\ncheck = "c"\n'
    flags = read(text).objects["x"].flags

    assert [report(flags, code) for code in (0, 1, 2, 4, None)] == [
        Report.ONLINE,
        *[Report.OFFLINE] * 3,
        None,
    ]
    every = replace(flags, all_exit_codes=True, standby_capable=True)
    assert [report(every, code) for code in (0, 1, 2, 3, 4, 5, 6, 255)] == [
        Report.ONLINE,
        Report.OFFLINE,
        Report.FAULTED,
        None,
        Report.STANDBY,
        *[None] * 3,
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ('"No"', ""),
        ("0", ""),
        ("1", "HostFailure|ResourceFailure|ShutDown"),
        ('"ResourceFailure|ShutDown"', "ResourceFailure|ShutDown"),
        ('["HostFailure"]', "HostFailure"),
    ],
)
def test_auto_switch_over_is_no_or_any_of_three(words: str, found: str) -> None:
    text = GOOD.replace("[attributes]", f"[attributes]\nAutoSwitchOver = {words}")

    assert "|".join(sorted(read(text).attributes.switch_over)) == found


def test_auto_switch_over_cannot_be_no_and_more() -> None:
    text = GOOD.replace("[attributes]", '[attributes]\nAutoSwitchOver = "No|ShutDown"')

    assert ["No and something else" in line for line in wrong(text)] == [True]


def test_needs_put_one_resource_below_another() -> None:
    app = read(
        'name = "A"\nmachines = ["aRMS"]\n'
        '[[resource]]\nname = "top"\nneeds = ["either"]\n'
        '[[resource]]\nname = "either"\nkind = "orOp"\nneeds = ["x"]\n'
        '[[resource]]\nname = "x"\ncheck = "true"\n'
    )

    assert app.objects[app.name].children == ("top",)
    assert app.upward() == ("x", "either", "top", "a")
    assert app.objects["either"].kind is Kind.OR


def test_all_errors_come_at_once_each_with_its_line() -> None:
    text = """\
name = "APP1"
machines = ["node1"]
colour = "red"

[attributes]
HaltFlag = "maybe"
AutoSwitchOver = "Always"

[[resource]]
name = "db"
needs = ["disk"]
timeout = 0

[[resource]]
name = "db"
start = "x"
needs = ["db"]

[[resource]]
name = "ENV"
strt = "x"

[resource.flags]
ALLEXITS = "Yes"
"""

    assert wrong(text) == [
        'fake-rms: error: app.toml:2:1: name of machine "node1" does not end in RMS',
        'fake-rms: error: app.toml:3:1: unrecognized key "colour"',
        'fake-rms: error: app.toml:6:1: "HaltFlag" must be yes or no, not "maybe"',
        'fake-rms: error: app.toml:7:1: "AutoSwitchOver" has no value "Always"',
        'fake-rms: error: app.toml:11:1: "db" needs itself, by way of its own needs',
        'fake-rms: error: app.toml:12:1: "timeout" must be a number of seconds greater than 0',
        'fake-rms: error: app.toml:12:1: "timeout" must be a number of seconds greater than 0',
        'fake-rms: error: app.toml:15:1: object "db" is declared twice',
        'fake-rms: error: app.toml:20:1: "ENV" cannot be the name of an object',
        'fake-rms: error: app.toml:21:1: unrecognized key "strt"',
        'fake-rms: error: app.toml:24:1: unrecognized flag "ALLEXITS"',
    ]


def test_a_missing_child_and_a_loop() -> None:
    head = 'name = "A"\nmachines = ["aRMS"]\n'
    found = wrong(
        head
        + '[[resource]]\nname = "x"\nneeds = ["y"]\n[[resource]]\nname = "y"\nneeds = ["x"]\n'
        + '[[resource]]\nname = "z"\nneeds = ["nothing"]\n'
    )

    assert 'app.toml:5:1: "x" needs itself, by way of its own needs' in found[0]
    assert 'app.toml:11:1: "z" needs "nothing", which is not declared' in "\n".join(
        found
    )


# Values of every kind, below the words that the reader knows.
KEYS = st.sampled_from(
    sorted(TABLES | RESOURCE_KEYS | {"flags", "mount", "address", "disk_classes"})
)
VALUES = st.recursive(
    st.one_of(st.text(max_size=3), st.integers(-1, 2), st.booleans(), st.floats(0, 1)),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_no_file_is_too_strange(table: dict[str, object]) -> None:
    """Any TOML is either an application or Wrong, with lines of the file."""
    text = tomli_w.dumps(table)
    try:
        read(text)
    except Wrong as ex:
        for each in ex.problems:
            assert 1 <= each.line <= max(1, len(text.splitlines()))


def test_text_that_is_no_toml_names_line_and_column() -> None:
    assert wrong('name = "A"\nmachines = [\n=\n')[0].startswith(
        "fake-rms: error: app.toml:3:1: not valid TOML"
    )


def test_errors_of_several_files_come_together(tmp_path: Path) -> None:
    for name, text in (("a", 'name = "A"\n'), ("b", "x = 1\n")):
        (tmp_path / name).write_text(text)

    with pytest.raises(Wrong) as caught:
        cluster_files.read(
            [tmp_path / "a", tmp_path / "b", tmp_path / "c"], Knobs(), pretend.commands
        )

    assert {Path(each.path).name for each in caught.value.problems} == {"a", "b", "c"}


def test_the_environment_names_nodes_that_are_not_waited_for(tmp_path: Path) -> None:
    text = GOOD + '\n[environment]\nHV_AUTOSTARTUP_IGNORE = "node2RMS node3RMS"\n'
    (tmp_path / "a").write_text(text)

    config, environment = cluster_files.read(
        [tmp_path / "a"], Knobs(), pretend.commands
    )

    assert config.ignored == {"node2RMS", "node3RMS"}
    assert "HV_AUTOSTARTUP_IGNORE" in environment
