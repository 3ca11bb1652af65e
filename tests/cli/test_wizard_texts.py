"""pgx_wizard init, steps and files, as programs."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.fix_wizard import APPLICATIONS, Wizard, manual

NETWORK = """
[network]
[[network.address]]
name = "dbhost"
address = "192.0.2.10"
device = "eth1"
prefix = {prefix}
[[network.address]]
name = "dbhost6"
address = "2001:db8::10"
device = "eth1"
prefix = 64
"""


@pytest.mark.parametrize("kind", ["cmdline", "symfoware"])
def test_what_init_prints_has_no_error(wizard: Wizard, kind: str) -> None:
    wizard.register(online_timeout=7200, data_directory="/mnt/swdsk1/inst1")
    said = wizard.run("init", "pgxtest", f"--kind={kind}")
    checked = wizard.run("check", "-", text=said.stdout)

    assert said.returncode == 0, said.stderr
    assert "7200" in said.stdout
    assert 'machines = ["pcl-vm13RMS", "pcl-vm14RMS"]' in said.stdout
    assert checked.returncode == 0, checked.stderr


def test_every_optional_line_of_init_is_a_key_that_is_known(wizard: Wizard) -> None:
    """What stands behind # can be had by taking the # away."""
    wizard.register()
    text = wizard.run("init", "pgxtest").stdout
    whole = re.sub(r"^# (\[|\w+ = )", r"\1", text, flags=re.MULTILINE)
    checked = wizard.run("check", "-", text=whole)

    assert whole.count("\nTimeout") == 3
    assert checked.returncode == 0, checked.stderr


def test_init_of_a_resource_that_is_not_registered(wizard: Wizard) -> None:
    said = wizard.run("init", "pgxtest")

    assert said.returncode == 1
    assert 'resource "pgxtest" does not exist' in said.stderr


def test_steps_begin_with_hvgdsetup_and_end_with_activate(wizard: Wizard) -> None:
    said = wizard.run("steps", APPLICATIONS / "manual_backup.toml").stdout
    numbered = re.findall(r"^(\d+)\. (.*)", said, re.MULTILINE)

    assert [int(number) for number, _ in numbered] == list(range(1, len(numbered) + 1))
    assert "hvgdsetup -a class0001" in numbered[0][1]
    assert "stop RMS on all nodes" in numbered[2][1]
    assert [text for _, text in numbered[-3:]] == [
        "Choose `Configuration-Generate`.",
        "Choose `Configuration-Activate`.",
        "Choose `QUIT`.",
    ]


def test_steps_tell_where_monitoronly_belongs(wizard: Wizard) -> None:
    said = wizard.run("steps", APPLICATIONS / "manual_backup.toml").stdout

    assert "hvw's screen has no such item" in said
    assert "`/mnt/swdsk3`, then choose `MONITORONLY`, then choose `SAVE+RETURN`" in said


def test_steps_of_a_screen_that_is_not_documented_say_so(wizard: Wizard) -> None:
    said = wizard.run("steps", APPLICATIONS / "cmdline.toml").stdout

    assert "No manual shows this screen" in said
    assert "As the check command type `/opt/pgx_pclrsc/bin/pgx_check pgxtest`." in said


def test_files_are_the_manuals_lines(wizard: Wizard) -> None:
    said = wizard.run("files", APPLICATIONS / "manual.toml", "-o", "out")
    out = wizard.directory / "out"

    assert said.returncode == 0, said.stderr
    assert (out / "fstab").read_text().splitlines()[0] == (
        "/dev/sfdsk/class0001/dsk/volume0002 /mnt/monitor1 ext3 noauto,ro 0 0"
    )
    assert (out / "fstab.pcl").read_text().splitlines()[2] == (
        "#RMS#/dev/sfdsk/class0001/dsk/volume0001 /mnt/swdsk1 ext3 noauto 0 0"
    )
    assert (out / "fstab.pcl.one-application").read_text().startswith("#RMS:APP1#/dev")
    checked = wizard.run(
        "check", APPLICATIONS / "manual.toml",
        "--fstab", out / "fstab", "--fstab-pcl", out / "fstab.pcl",
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
    assert "fstab" not in checked.stderr


def test_hvipalias_has_every_nodes_lines(wizard: Wizard) -> None:
    file = wizard.file(manual() + NETWORK.format(prefix=22))
    wizard.run("files", file, "-o", "out")

    assert (wizard.directory / "out" / "hvipalias").read_text() == (
        "pcl-vm13 dbhost eth1 0xfffffc00\n"
        "pcl-vm14 dbhost eth1 0xfffffc00\n"
        "pcl-vm13 dbhost6 eth1 64\n"
        "pcl-vm14 dbhost6 eth1 64\n"
    )
    assert "192.0.2.10 dbhost\n" in (wizard.directory / "out" / "hosts").read_text()


def test_a_prefix_that_is_too_long_is_an_error(wizard: Wizard) -> None:
    said = wizard.run("check", "-", text=manual() + NETWORK.format(prefix=33))

    assert said.returncode == 1
    assert "prefix 33 of 192.0.2.10 is longer than 32 bits" in said.stderr


def test_the_script_runs_hvgdsetup_for_every_class(wizard: Wizard) -> None:
    wizard.run("files", APPLICATIONS / "manual_backup.toml", "-o", "out")
    script = wizard.directory / "out" / "hvgdsetup.sh"

    assert subprocess.run(["sh", "-n", script]).returncode == 0
    assert script.stat().st_mode & 0o111
    assert re.findall(r"hvgdsetup -a (\S+)", script.read_text()) == [
        "class0001",
        "class0002",
    ]


def test_a_file_that_is_there_is_never_changed(wizard: Wizard) -> None:
    out = wizard.directory / "out"
    out.mkdir()
    (out / "fstab").write_text("mine\n")
    said = wizard.run("files", APPLICATIONS / "manual.toml", "-o", "out")

    assert said.returncode == 1
    assert (out / "fstab").read_text() == "mine\n"
    assert "exists and differs" in said.stderr


def test_writing_the_same_files_twice_is_no_error(wizard: Wizard) -> None:
    for _ in range(2):
        assert (
            wizard.run("files", APPLICATIONS / "manual.toml", "-o", "out").returncode
            == 0
        )


def test_a_diff_against_the_nodes_own_files_is_printed(wizard: Wizard) -> None:
    said = wizard.run("files", APPLICATIONS / "manual.toml", "--diff")

    assert said.returncode == 0, said.stderr
    assert "+++ /etc/fstab.pcl\n" in said.stdout
    assert (
        "+#RMS#/dev/sfdsk/class0001/dsk/volume0001 /mnt/swdsk1 ext3 noauto 0 0"
        in said.stdout
    )
