"""Application files, sound and unsound: every problem is told, with its place."""

from __future__ import annotations

import pytest

from pgx_wizard.core.application import Application
from pgx_wizard.core.file.problem import Problem
from pgx_wizard.core.file.reading import read
from pgx_wizard.core.parts.database import Cmdline, Symfoware
from tests.fix_wizard import manual


def _read(text: str) -> Application:
    application, problems = read(text)
    assert application is not None, problems
    return application


def _problems(text: str) -> list[tuple[int, int, str]]:
    application, problems = read(text)
    assert application is None
    return [(p.line, p.column, p.primary) for p in problems]


def _one(text: str) -> Problem:
    application, problems = read(text)
    assert application is None
    assert len(problems) == 1, problems
    return problems[0]


def test_the_manuals_example_is_read_with_the_manuals_defaults() -> None:
    app = _read(manual())

    assert app.machines == ("pcl-vm13RMS", "pcl-vm14RMS")
    assert app.basics["AutoSwitchOver"] == "HostFailure|ResourceFailure|ShutDown"
    assert app.basics["HaltFlag"] == "yes"
    assert app.database == Symfoware("pgxtest", "T900", 3600, 1800, "")
    assert [mount.letters for mount in app.mounts] == ["LA"] * 4


def test_a_backup_is_monitored_only() -> None:
    backup = _read(manual("manual_backup")).mounts[-1]

    assert (backup.letters, backup.disk_class) == ("LAM", "class0002")


def test_a_cmdline_database_has_the_flags_that_our_scripts_need() -> None:
    database = _read(manual("cmdline")).database

    assert isinstance(database, Cmdline)
    assert database.command("pgx_online") == "/opt/pgx_pclrsc/bin/pgx_online pgxtest"
    assert database.flags["ALLEXITCODES"] == "Yes"
    assert database.timeout == 3600


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("name = \n", 1, 8),
        ('name = "x', 1, 10),
        ("[a]\n[a]\n", 2, 3),
        ('name = "APP1"\nname = "APP2"\n', 2, 14),
        ("x = 1979-13-01", 1, 9),
        ("= 1", 1, 1),
    ],
)
def test_broken_toml_is_told_with_line_and_column(
    text: str, line: int, column: int
) -> None:
    problem = _one(text)

    assert problem.primary == "file is not valid TOML"
    assert (problem.line, problem.column) == (line, column)


MOUNTS = "[[file_systems.mount]]"


@pytest.mark.parametrize(
    ("text", "detail", "hint"),
    [
        ("name = APP1", "Invalid value.", 'Strings are quoted: name = "APP1".'),
        ("name = APP1  # ours", "Invalid value.", 'Strings are quoted: name = "APP1".'),
        ("name = “APP1”", "Invalid value.", 'Strings are quoted: name = "APP1".'),
        ("type = 2fs", "Expected newline or end of document after a statement.", 'Strings are quoted: type = "2fs".'),
        ("timeout = 3600s", "Expected newline or end of document after a statement.", "A number has no unit: timeout = 3600."),
        ("machines = [a, b]", "Invalid value.", 'Strings are quoted, in a list each of them: ["a", "b"].'),
        ("machines = [\n  pcl-vm13RMS,\n]", "Invalid value.", 'Strings are quoted, in a list each of them: "pcl-vm13RMS".'),
        ('name = a"b', "Invalid value.", ""),
        ("name = a\\b", "Invalid value.", ""),
        ("name =", "Invalid value.", "A value must stand behind the sign."),
        ("x = True", "Invalid value.", "It is written in lower case: x = true."),
        ('name = "APP1\n', "Illegal character '\\n'.", "The closing quote of a string is missing."),
        ("x = [1, 2", "Unclosed array.", ""),
        ("x = 1\nx = 2", 'Key "x" stands twice in its table.', ""),
        ("[gds]\n[gds]", "Table [gds] stands twice.", "Put all of its keys under one header."),
    ],
)  # fmt: skip
def test_broken_toml_is_told_with_what_was_meant(
    text: str, detail: str, hint: str
) -> None:
    problem = _one(text)

    assert (problem.detail, problem.hint) == (detail, hint)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_one_pair_of_brackets_where_two_are_needed(count: int) -> None:
    """The first of several, some of them, all of them."""
    text = manual().replace(MOUNTS, MOUNTS[1:-1], count)

    hint = "Write [[file_systems.mount]], in two brackets, before each of them."
    assert _one(text).hint == hint


def test_the_only_table_of_a_list_needs_two_brackets() -> None:
    problem = _one(manual().replace("[[gls.address]]", "[gls.address]"))

    assert problem.primary == '"address" must be a list of tables'
    assert "[[gls.address]]" in problem.hint


def test_all_problems_are_told_at_once_each_at_its_place() -> None:
    text = (
        manual().replace("machines", "machins").replace("Priority = 1", 'Priority="1"')
    )

    assert _problems(text) == [
        (0, 0, 'missing key "machines"'),
        (7, 1, 'unrecognized key "machins"'),
        (11, 1, '[attributes]: invalid value for "OnlinePriority"'),
    ]


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("machines =", 'mashines = ["aRMS"]\nmachines =', 'Did you mean "machines"?'),
        ("[gds]", "[gds]\ntimeout = 3", 'Did you mean "Timeout"?'),
        ("[gds]", "[gds]\nStandbySuport = 3", 'Did you mean "StandbySupport"?'),
        (
            'purpose = "data"',
            'purpose = "data"\noption = "x"',
            'Did you mean "options"?',
        ),
    ],
)
def test_the_nearest_known_key_is_named(old: str, new: str, hint: str) -> None:
    assert _one(manual().replace(old, new)).hint == hint


def test_attributes_of_hvw_that_are_not_ours_are_left_to_hvw() -> None:
    problem = _one(manual().replace("[attributes]", "[attributes]\nPreserveState = 1"))

    assert problem.hint.startswith("Set it in hvw by hand")


@pytest.mark.parametrize("key", ["PersistentFault", "OnlinePriority"])
def test_what_the_manual_leaves_open_must_be_stated(key: str) -> None:
    problem = _one(manual().replace(f"{key} = 1\n", ""))

    assert problem.primary == f'[attributes]: missing key "{key}"'
    assert "A.1.2" in problem.hint


@pytest.mark.parametrize(
    ("old", "new", "primary"),
    [
        ('"APP1"', "5", 'invalid value for "name"'),
        ('"APP1"', '"A B"', 'invalid value for "name"'),
        ('"pcl-vm13RMS", ', '"pcl-vm13", ', 'invalid value for "machines"'),
        ('"pcl-vm13RMS", ', '"pcl-vm14RMS", ', 'invalid value for "machines"'),
        ('["class0001"]', "[]", '[gds]: invalid value for "disk_classes"'),
        ('kind = "symfoware"', 'kind = "oracle"', '[database]: invalid value for "kind"'),
        ('kind = "symfoware"\n', "", '[database]: missing key "kind"'),
        ('resource = "pgxtest"', 'resource = "1a"', '[database]: invalid value for "resource"'),
        ('[gls]\n[[gls.address]]\nname = "takeoverip"', "[gls]", '[gls]: missing key "address"'),
        ('purpose = "data"', 'purpose = "date"', '[file_systems.mount]: invalid value for "purpose"'),
        ('purpose = "data"', 'purpose = "data"\nflags = ["X"]', '[file_systems.mount]: invalid value for "flags"'),
        ('"/mnt/swdsk2"', '"/mnt/swdsk1"', 'mount_point "/mnt/swdsk1" given more than once'),
        ('"/mnt/swdsk2"', '"mnt/swdsk2"', '[file_systems.mount]: invalid value for "mount_point"'),
        ('"/mnt/swdsk2"', '"/mnt/../x"', '[file_systems.mount]: invalid value for "mount_point"'),
        ('"/mnt/swdsk2"', '"/mnt/ 3) x"', '[file_systems.mount]: invalid value for "mount_point"'),
        ("volume0003", "volume0001", 'device "/dev/sfdsk/class0001/dsk/volume0001" given more than once'),
        ("PersistentFault = 1", "PersistentFault = true", '[attributes]: invalid value for "PersistentFault"'),
        ("PersistentFault = 1", "PersistentFault = 1\nScriptTimeout = -1", '[attributes]: invalid value for "ScriptTimeout"'),
        ("PersistentFault = 1", "PersistentFault = 1\nScriptTimeout = 1e9", '[attributes]: invalid value for "ScriptTimeout"'),
        ("[gds]", "[[gds]]", '"gds" must be a table'),
        ("[gls]\n[[gls.address]]", "[gls]\n[gls.address]", '"address" must be a list of tables'),
    ],
)  # fmt: skip
def test_wrong_types_duplicates_and_missing_parts(
    old: str, new: str, primary: str
) -> None:
    text = manual().replace(old, new)
    assert text != manual()

    assert primary in [what for _, _, what in _problems(text)]


def test_a_listing_of_flags_has_hvws_order_whatever_the_files() -> None:
    text = manual().replace(
        "PersistentFault = 1",
        'PersistentFault = 1\nAutoSwitchOver = ["ShutDown", "HostFailure"]\n'
        "StandbyTransitions = []",
    )

    basics = _read(text).basics
    assert basics["AutoSwitchOver"] == "HostFailure|ShutDown"
    assert basics["StandbyTransitions"] == "No"


def test_deep_nesting_is_an_error_not_a_crash() -> None:
    _, problems = read("x = " + "[" * 5000)

    assert problems[0].severity == "error"
