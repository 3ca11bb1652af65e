"""Each rule: what breaks it, how severe that is, and which section says so."""

from __future__ import annotations

import dataclasses
import re

import pytest

from pgx_base.light.dataclasses import replace
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_wizard.core.file.problem import Problem, errors
from pgx_wizard.core.file.reading import read
from pgx_wizard.core.rules.check import RULES, check
from pgx_wizard.core.rules.rule import Node
from tests.fix_wizard import manual

PGXTEST = ResourceDefinition(  # noqa: S604  # a login shell, no argument of Popen
    name="pgxtest",
    os_user="pgowner",
    data_directory="/mnt/swdsk1/inst1",
    work_directory="/var/opt/pgx/pgxtest",
    nodes=("pcl-vm13RMS", "pcl-vm14RMS"),
    db_user="pgowner",
    uid=1000,
    gid=1000,
    groups=(1000,),
    home="/home/pgowner",
    shell="/bin/sh",
)
REGISTERED = Node("pcl-vm13RMS", has_registry=True, definition=PGXTEST)
FSTAB = """\
/dev/sfdsk/class0001/dsk/volume0001 /mnt/swdsk1 ext3 noauto 0 0
/dev/sfdsk/class0001/dsk/volume0002 /mnt/monitor1 ext3 noauto,ro 0 0
/dev/sfdsk/class0001/dsk/volume0003 /mnt/swdsk2 ext3 noauto 0 0
/dev/sfdsk/class0001/dsk/volume0004 /mnt/monitor2 ext3 noauto,ro 0 0
"""
PCL = "".join(f"#RMS#{line}\n" for line in FSTAB.splitlines())


def _check(text: str, node: Node = REGISTERED) -> list[Problem]:
    application, problems = read(text)
    assert application is not None, problems
    return check(application, node, text)


def _found(text: str, node: Node = REGISTERED) -> list[tuple[str, str, str]]:
    usual = {problem.primary for problem in _check(manual())}
    return [
        (p.severity, p.section, p.primary)
        for p in _check(text, node)
        if p.primary not in usual
    ]


@pytest.mark.parametrize("name", ["manual", "manual_backup", "cmdline"])
def test_the_files_that_come_with_the_project_have_no_error(name: str) -> None:
    assert errors(_check(manual(name))) == []


def test_symfoware_is_another_products_and_check_says_so() -> None:
    (problem,) = _check(manual())

    assert (problem.severity, problem.section) == ("warning", "A.1.4")
    assert "does not run pgx_online" in problem.primary


def test_a_cmdline_database_passes_without_a_word() -> None:
    assert _check(manual("cmdline")) == []


ERROR, WARNING = "error", "warning"
ONE = '[[file_systems.mount]]\nmount_point = "/mnt/swdsk1"'


def _moved_first(text: str) -> str:
    """Put the data file system before its monitor."""
    blocks = text.split("[[file_systems.mount]]\n")
    return "[[file_systems.mount]]\n".join(
        [blocks[0], blocks[3], *blocks[1:3], blocks[4]]
    )


@pytest.mark.parametrize(
    ("base", "old", "new", "want"),
    [
        ("manual", '"APP1"', '"a.very-strange.Name"', (WARNING, "", "may be refused")),
        ("manual", '"APP1"', '"generic"', (WARNING, "", "is reserved")),
        ("manual", ', "pcl-vm14RMS"', "", (ERROR, "A.1.2", "has no standby node")),
        ("manual", ', "pcl-vm14RMS"', ', "otherRMS"', (ERROR, "2.3.8", "are not the nodes")),
        ("manual", '"pcl-vm13RMS", "pcl-vm14RMS"', '"pcl-vm14RMS", "pcl-vm13RMS"', (WARNING, "A.1.2", "active node is")),
        ("manual", "PersistentFault = 1", 'PersistentFault = 1\nHaltFlag = "no"', (WARNING, "A.1.2", "HaltFlag is no")),
        ("manual", "PersistentFault = 1", 'PersistentFault = 1\nFaultScript = "/a/b x=1"', (WARNING, "", "forbidden character")),
        ("cmdline", "/opt/pgx_pclrsc/bin", "/opt/a~b", (ERROR, "", "forbidden character")),
        ("manual", 'options = "noauto,ro"', 'options = "noauto"', (ERROR, "2.3.4.2", "is not read-only")),
        ("manual", 'options = "noauto"', 'options = "defaults"', (ERROR, "2.3.4.2", "mounted at boot")),
        ("manual", 'options = "noauto"\npurpose = "data"', 'options = "noauto,ro"\npurpose = "data"', (WARNING, "", "is read-only")),
        ("manual", "class0001/dsk/volume0004", "class0002/dsk/volume0004", (WARNING, "2.3.3", "/mnt/monitor2 of class class0002 monitors /mnt/swdsk2 of class class0001")),
        ("manual_backup", "class0002/dsk/volume0002", "class0001/dsk/volume0009", (WARNING, "2.3.3", "disk class class0002 has no monitoring file system")),
        ("manual", 'purpose = "data"', 'purpose = "data"\nflags = ["AUTORECOVER", "MONITORONLY"]', (ERROR, "A.1.6", "has MONITORONLY")),
        ("manual_backup", 'purpose = "backup"', 'purpose = "backup"\nflags = ["AUTORECOVER"]', (ERROR, "A.1.6", "lacks MONITORONLY")),
        ("manual_backup", "class0002/dsk/volume0001", "class0001/dsk/volume0009", (ERROR, "2.3.3", "which holds data")),
        ("manual", 'purpose = "tablespace"', 'purpose = "wal"', (WARNING, "2.3.3", "in one disk class")),
        ("manual", '["class0001"]', '["class0002"]', (ERROR, "A.1.3", "is used and not in")),
        ("manual", '["class0001"]', '["class0001", "class0009"]', (WARNING, "A.1.3", "has no file system")),
        ("manual", "[gds]", '[gds]\nStandbySupport = "yes"', (ERROR, "A.1.3", "attribute StandbySupport is not no")),
        ("manual", "/dev/sfdsk/class0001/dsk/volume0003", "/dev/sdb1", (WARNING, "2.3.3", "is no GDS volume")),
        ("manual", 'monitored_by = "/mnt/monitor2"', 'monitored_by = "/mnt/monitor9"', (ERROR, "2.3.3", "no file system /mnt/monitor9")),
        ("manual", '"/mnt/swdsk2"', '"/mnt/swdsk1/ts"', None),
        ("manual", '"/mnt/swdsk1"', '"/mnt/other"', (ERROR, "2.3.3", "is on no file system of purpose data")),
        ("manual", '"/mnt/swdsk1"', '"/mnt/swdsk2/data"', (WARNING, "", "in which it is")),
        ("manual", '"/mnt/swdsk2"', '"/mnt/swdsk1/inst1"', (ERROR, "2.3.3", "is on no file system of purpose data")),
        ("manual", 'kind = "symfoware"', 'kind = "symfoware"\nOnlineTimeout = 3599', (WARNING, "", "less than the registered 3600 s")),
        ("manual", 'kind = "symfoware"', 'kind = "symfoware"\nOfflineTimeout = 10', (WARNING, "", "less than the registered 1800 s")),
        ("cmdline", "timeout = 3600", "# default", (ERROR, "", "timeout of 300 s is less than the registered 3600 s")),
        ("cmdline", 'ALLEXITCODES = "Yes"', 'ALLEXITCODES = "No"', (WARNING, "", "ALLEXITCODES is No")),
        ("manual", "[[file_systems.mount]]", "[file_systems]\nTimeout = 23\n[[file_systems.mount]]", (WARNING, "", "is short for 4 file systems")),
    ],
)  # fmt: skip
def test_a_breach_is_found(
    base: str, old: str, new: str, want: tuple[str, str, str] | None
) -> None:
    text = manual(base).replace(old, new, 1)
    assert text != manual(base)
    found = _found(text)

    if want is None:
        assert found == []
    else:
        severity, section, words = want
        assert [f for f in found if words in f[2] and f[:2] == (severity, section)], (
            found
        )


def test_a_class_is_unmonitored_also_where_the_monitors_have_no_class() -> None:
    text = manual()
    for volume in ("volume0002", "volume0004"):
        text = text.replace(f"/dev/sfdsk/class0001/dsk/{volume}", f"/dev/{volume}")
    text = re.sub("monitored_by = .*", "", text)

    finding = ("warning", "2.3.3", "disk class class0001 has no monitoring file system")
    assert finding in _found(text)


def test_times_of_another_products_scripts_are_no_error() -> None:
    slow = replace(PGXTEST, online_timeout=7200)
    node = dataclasses.replace(REGISTERED, definition=slow)

    assert errors(_check(manual(), node)) == []
    assert [p.primary for p in errors(_check(manual("cmdline"), node))] == [
        "timeout of 3600 s is less than the registered 7200 s"
    ]


def test_what_is_inferred_or_of_another_system_is_never_an_error() -> None:
    doubtful = [r for r in RULES if "inferred" in r.source or "Solaris" in r.source]

    assert doubtful
    assert {rule.severity for rule in doubtful} == {"warning"}
    assert all(rule.section or rule.source for rule in RULES)


def test_a_monitoring_file_system_comes_before_what_it_monitors() -> None:
    assert _found(_moved_first(manual())) == [
        ("error", "A.1.6", "/mnt/swdsk1 comes before /mnt/monitor1, which monitors it")
    ]


def test_the_result_of_a23_passes_though_a_monitor_stands_behind_jobs() -> None:
    """monitor1, monitor2, swdsk1, swdsk2, monitor3, swdsk3: each before its own job."""
    assert errors(_check(manual("manual_backup"))) == []


def test_a_job_that_names_no_monitor_is_held_to_the_plain_rule() -> None:
    text = _moved_first(manual()).replace('monitored_by = "/mnt/monitor1"\n', "")

    assert [severity for severity, _, _ in _found(text)] == ["error"]


def test_a_node_without_a_registry_is_a_warning() -> None:
    assert _found(manual(), Node()) == [
        ("warning", "2.3.8", "resource pgxtest is not checked")
    ]


def test_a_name_that_rms_keeps_for_itself_is_an_error() -> None:
    node = dataclasses.replace(REGISTERED, reserved=frozenset({"config"}))

    assert _found(manual(), node) == [
        ("error", "", 'configuration name "config" is reserved')
    ]


def test_a_registry_without_the_resource_is_an_error() -> None:
    node = Node(has_registry=True)

    assert _found(manual(), node) == [
        ("error", "2.3.8", "resource pgxtest is not registered on this node")
    ]


def _tables(fstab: str | None, pcl: str | None) -> Node:
    return dataclasses.replace(REGISTERED, fstab=fstab, fstab_pcl=pcl)


@pytest.mark.parametrize(
    ("fstab", "pcl"), [(FSTAB, PCL), (FSTAB, ""), ("", PCL), (None, PCL), (FSTAB, None), (PCL, "")]
)  # fmt: skip
def test_either_manuals_way_of_listing_file_systems_is_accepted(
    fstab: str | None, pcl: str | None
) -> None:
    assert _found(manual(), _tables(fstab, pcl)) == []


def test_a_mixture_is_warned_of_and_both_sources_are_named() -> None:
    half = "".join(PCL.splitlines(keepends=True)[:2])
    problems = _check(manual(), _tables(FSTAB, half))
    (problem,) = [p for p in problems if "list different" in p.primary]

    assert problem.severity == "warning"
    assert "2.3.4.2" in problem.detail
    assert "RMS guide" in problem.detail


@pytest.mark.parametrize(
    ("old", "new", "want"),
    [
        ("volume0001", "volume0007", ("error", "has /mnt/swdsk1 otherwise")),
        (
            "/mnt/swdsk1 ext3",
            "/mnt/swdsk1 ext4",
            ("error", "has /mnt/swdsk1 otherwise"),
        ),
        ("noauto,ro", "noauto", ("error", "has /mnt/monitor1 without ro")),
        ("swdsk1 ext3 noauto", "swdsk1 ext3 defaults", ("error", "without noauto")),
        (
            "swdsk1 ext3 noauto",
            "swdsk1 ext3 noauto,acl",
            ("warning", "with other options"),
        ),
        (
            FSTAB.splitlines()[0],
            "",
            ("error", "/mnt/swdsk1 is not in fstab or fstab.pcl"),
        ),
    ],
)
def test_the_nodes_tables_are_compared(
    old: str, new: str, want: tuple[str, str]
) -> None:
    found = _found(manual(), _tables(FSTAB.replace(old, new, 1), ""))

    assert [f for f in found if f[0] == want[0] and want[1] in f[2]], found


def test_a_line_kept_for_another_application_is_an_error() -> None:
    pcl = PCL.replace("#RMS#", "#RMS:other#", 1)

    assert ("error", "", "fstab.pcl keeps /mnt/swdsk1 for application other") in _found(
        manual(), _tables(None, pcl)
    )


def test_many_file_systems_break_the_limits_of_a_configuration() -> None:
    block = manual().split("[[file_systems.mount]]\n")[3]
    more = "".join(
        "[[file_systems.mount]]\n"
        + block.replace("swdsk1", f"more{n}").replace("volume0001", f"volume1{n}")
        for n in range(500)
    )
    primaries = [primary for _, _, primary in _found(manual() + more)]

    assert "507 resources are more than 500" in primaries
    assert "104 detectors are more than 100" in primaries


def test_every_rule_says_what_it_rests_on_and_what_to_do() -> None:
    for rule in RULES:
        assert rule.section or rule.source
        assert rule.hint.endswith(".")


def test_what_no_manual_of_this_product_says_is_never_an_error() -> None:
    doubtful = ("inferred", "Solaris", "recollection")
    for rule in RULES:
        if any(word in rule.source for word in doubtful):
            assert rule.severity == "warning"


def test_problems_name_the_place_in_the_file() -> None:
    text = manual().replace("[gds]", '[gds]\nStandbySupport = "yes"')
    (problem,) = [p for p in _check(text) if "StandbySupport" in p.primary]

    assert text.splitlines()[problem.line - 1][problem.column - 1 :].startswith(
        "Standby"
    )
