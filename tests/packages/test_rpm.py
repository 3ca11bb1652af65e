"""The RPM, installed into a root that has Python; whether its dependencies resolve on an
Enterprise Linux is not tried: rpm is told not to look.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.packages import instance
from tests.packages.clean_machine import CleanMachine
from tests.packages.fix_built import the
from tests.packages.test_debian import NAME, PREFIX, TYPED, versions

pytestmark = [
    pytest.mark.root,
    pytest.mark.packages,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("machine"),
]


def rpm(machine: CleanMachine, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the host's rpm, among the machine's processes and for its root."""
    return machine.outside("rpm", "--root", str(machine.root), "--nodeps", *words)


def good(machine: CleanMachine, *words: str) -> str:
    done = rpm(machine, *words)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def test_it_says_what_it_needs(built: Path) -> None:
    asked = ["rpm", "-q", "--requires", "--package", str(the("*.rpm", built))]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout

    needed = {line for line in said.splitlines() if not line.startswith("rpmlib")}
    assert "glibc >= 2.28" in needed
    assert any(line.startswith("/usr/bin/python3.") for line in needed)


def test_every_command_runs(machine: CleanMachine, built: Path) -> None:
    good(machine, "--install", str(the("*.rpm", built)))

    for command in TYPED:
        assert "0.1.0" in machine.good(command, "--version", user="nobody")
    assert good(machine, "--verify", NAME) == ""


def test_an_upgrade_under_rms_is_not_noticed(
    machine: CleanMachine, built: Path, newer: Path
) -> None:
    good(machine, "--install", str(the("*.rpm", built)))
    instance.make(machine)
    machine.good("pgx_online", instance.NAME)
    before, first = instance.status(machine), versions(machine)

    with instance.asked(machine) as answers:
        good(machine, "--upgrade", str(the("*.rpm", newer)))

    assert len(answers) > 1
    assert set(answers) == {"0"}
    assert instance.status(machine)["monitor"] == before["monitor"]
    assert first < versions(machine), "what the monitor began with is still there"


def test_it_is_removed_once_nothing_runs_and_the_registry_stays(
    machine: CleanMachine, built: Path
) -> None:
    good(machine, "--install", str(the("*.rpm", built)))
    instance.make(machine)
    machine.good("pgx_online", instance.NAME)

    refused = rpm(machine, "--erase", NAME)
    assert refused.returncode != 0
    assert "pgx_monitor" in refused.stderr
    assert machine.run("pgx_check", instance.NAME).returncode == 0

    machine.good("pgx_offline", instance.NAME)
    good(machine, "--erase", NAME)
    assert not (machine.root / PREFIX).exists()
    assert instance.definition(machine).exists()
