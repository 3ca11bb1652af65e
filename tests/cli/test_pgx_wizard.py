"""pgx_wizard check and show, as programs: exit codes, and what stands where."""

from __future__ import annotations

import json

import pytest

from tests.fix_registry import Registry
from tests.fix_wizard import APPLICATIONS, Wizard, manual

SHOWN = """\
Settings of turnkey wizard "STANDBY" (APP1:consistent)
ApplicationName=APP1

Machines+Basics (app1:consistent)
Machines[0]=pcl-vm13RMS
Machines[1]=pcl-vm14RMS
PreCheckScript=
PreOnlineScript=
PostOnlineScript=
PreOfflineScript=
OfflineDoneScript=
FaultScript=
AutoStartUp=yes
AutoSwitchOver=HostFailure|ResourceFailure|ShutDown
PreserveState=no
PersistentFault=1
ShutdownPriority=
OnlinePriority=1
StandbyTransitions=ClearFaultRequest|StartUp|SwitchRequest
LicenseToKill=no
AutoBreak=yes
AutoBreakMaintMode=no
HaltFlag=yes
PartialCluster=0
ScriptTimeout=

Resource (Symfoware_APP1:consistent)
ResourceName[0]=pgxtest
Flags[0]=T900
OnlineTimeout[0]=3600
OfflineTimeout[0]=1800
FaultScript[0]=''

Gls (Gls_APP1:consistent)
TakeoverIpaddress[0]=N,takeoverip
Timeout=60

File systems (Lfs_APP1:consistent)
MountPoints[0]=LA:/mnt/monitor1
MountPoints[1]=LA:/mnt/monitor2
MountPoints[2]=LA:/mnt/swdsk1
MountPoints[3]=LA:/mnt/swdsk2
Filter=
Timeout=180

Volume management (Gds_APP1:consistent)
DiskClasses[0]=class0001
ClassNameFilter=
StandbySupport=no
AutoRecover=no
Timeout=1800
"""


def test_show_lists_the_manuals_settings(wizard: Wizard) -> None:
    said = wizard.run("show", APPLICATIONS / "manual.toml")

    assert (said.stdout, said.stderr, said.returncode) == (SHOWN, "", 0)


def test_a_listing_is_shown_as_itself(wizard: Wizard) -> None:
    said = wizard.run("show", "-", "--from-listing", text=SHOWN)

    assert said.stdout == SHOWN


def test_show_as_json_has_a_screen_an_object(wizard: Wizard) -> None:
    said = wizard.run("show", APPLICATIONS / "cmdline.toml", "--output=json")
    screens = {screen["title"]: screen for screen in json.loads(said.stdout)}

    assert screens["CommandLines"]["inferred"] is True
    assert screens["File systems"]["object"] == "Lfs_APP1"
    assert screens["Gls"]["settings"] == {
        "TakeoverIpaddress[0]": "N,takeoverip",
        "Timeout": "60",
    }


def test_a_printed_form_that_is_not_known_is_marked(wizard: Wizard) -> None:
    text = manual().replace('"takeoverip"', '"takeoverip"\nAUTORECOVER = true')
    text = text.replace('"data"', '"data"\nflags = ["AUTORECOVER", "SYNC"]')
    said = wizard.run("show", wizard.file(text))

    assert "TakeoverIpaddress[0]=<AUTORECOVER>,takeoverip" in said.stdout
    assert "MountPoints[2]=<LOCAL,AUTORECOVER,SYNC>:/mnt/swdsk1" in said.stdout


def test_check_of_the_manuals_example_passes_with_warnings(wizard: Wizard) -> None:
    said = wizard.run("check", APPLICATIONS / "manual.toml")

    assert said.returncode == 0
    assert said.stdout.startswith("checked: ")
    assert said.stdout.count("\n") == 1
    assert "manual.toml:17:1: kind symfoware does not run pgx_online" in said.stderr
    assert "error:" not in said.stderr


def test_check_tells_all_errors_at_once(wizard: Wizard) -> None:
    text = manual().replace("noauto,ro", "noauto").replace("class0001", "class0003", 1)
    said = wizard.run("check", wizard.file(text))

    assert said.returncode == 1
    assert said.stderr.count("pgx_wizard: error: ") == 3
    assert "Manual 2.3.4.2." in said.stderr


def test_check_as_json(wizard: Wizard) -> None:
    text = manual().replace("noauto,ro", "noauto", 1)
    said = wizard.run("check", wizard.file(text), "--output", "json")
    first = json.loads(said.stdout)[0]

    assert said.returncode == 1
    assert first["severity"] == "error"
    assert first["section"] == "2.3.4.2"
    assert first["line"] == 29
    assert first["hint"] == 'Set options = "noauto,ro".'


def test_broken_toml_as_json_has_line_and_column(wizard: Wizard) -> None:
    said = wizard.run("check", wizard.file("a = [\n1,,"), "--output=json")
    (problem,) = json.loads(said.stdout)

    assert (problem["line"], problem["column"], said.returncode) == (2, 3, 1)


def test_the_registered_resource_is_compared(
    wizard: Wizard, registry: Registry
) -> None:
    assert registry.add({"-c": "pgxtest"}).returncode == 0
    wizard.env["PGX_PCLRSC_HOME"] = str(registry.root)
    said = wizard.run("check", APPLICATIONS / "manual.toml")

    assert said.returncode == 1
    assert "machines are not the nodes of resource pgxtest" in said.stderr
    assert "is on no file system of purpose data" in said.stderr


def test_a_resource_that_is_not_registered_is_an_error(
    wizard: Wizard, registered: Registry
) -> None:
    wizard.env["PGX_PCLRSC_HOME"] = str(registered.root)
    said = wizard.run("check", APPLICATIONS / "manual.toml")

    assert said.returncode == 1
    assert "resource pgxtest is not registered on this node" in said.stderr


def test_a_registry_that_cannot_be_read_is_not_none(
    wizard: Wizard, registry: Registry
) -> None:
    """Before, a node whose registry could not be read was one without a registry."""
    registry.root.parent.mkdir(parents=True, exist_ok=True)
    registry.root.write_text("no directory")
    wizard.env["PGX_PCLRSC_HOME"] = str(registry.root)
    said = wizard.run("check", APPLICATIONS / "manual.toml")

    assert said.returncode == 1
    assert ": resource pgxtest cannot be checked\n" in said.stderr
    assert f'Could not read registry "{registry.root}": Not a directory' in said.stderr
    assert "no registry" not in said.stderr


def test_fstab_of_another_node_can_be_named(wizard: Wizard) -> None:
    table = wizard.file("/dev/sdb1 /mnt/swdsk1 ext3 noauto 0 0\n", "fstab")
    said = wizard.run("check", APPLICATIONS / "manual.toml", "--fstab", table)

    assert said.returncode == 1
    assert "fstab has /mnt/swdsk1 otherwise" in said.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no command specified"),
        (["nosuch", "x"], 'unrecognized command "nosuch"'),
        (["check"], "no application file specified"),
        (["check", "a", "b"], 'unexpected argument "b"'),
        (["check", "a", "--prune"], 'option "--prune" cannot be used with "check"'),
        (["check", "a", "--output=xml"], 'invalid value "xml" for --output'),
        (["apply", "a", "--timeout=0"], 'invalid value "0" for --timeout'),
        (["apply", "a", "--timeout"], 'option "--timeout" requires a value'),
        (["show", "a", "--nosuch"], 'unrecognized option "--nosuch"'),
        (
            ["check", "nosuch"],
            'could not read file "nosuch": No such file or directory',
        ),
        (["check", "/dev/null"], 'missing key "name"'),
        (["check", "/"], 'could not read file "/": Is a directory'),
        (["show", "/dev/null", "--from-listing"], "not a listing of hvw's settings"),
    ],
)
def test_wrong_usage_is_one_message_and_exit_1(
    wizard: Wizard, arguments: list[str], words: str
) -> None:
    said = wizard.run(*arguments)

    assert said.returncode == 1
    assert words in said.stderr
    assert "Traceback" not in said.stderr


def test_a_file_that_is_no_text_is_refused(wizard: Wizard) -> None:
    path = wizard.directory / "binary"
    path.write_bytes(b"name = 1\n\xff\xfe")
    said = wizard.run("check", path)

    assert said.returncode == 1
    assert "Line 2 is not valid UTF-8." in said.stderr


def test_help_and_version(wizard: Wizard) -> None:
    assert "pgx_wizard apply FILE [OPTION]..." in wizard.run("--help").stdout
    assert wizard.run("-V").stdout.startswith("pgx_wizard (pgx-primecluster) ")
