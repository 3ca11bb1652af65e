"""Debian's package on a Debian that has never met this project, without a network."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import processes
from tests.packages import instance
from tests.packages.clean_machine import CleanMachine
from tests.packages.fix_built import booted, the
from tools.commands import COMMANDS

pytestmark = [
    pytest.mark.root,
    pytest.mark.packages,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("machine"),
]
NAME = "pgx-primecluster"
PREFIX = "opt/pgx_pclrsc"
TYPED = sorted(set(COMMANDS) - {"pgx_monitor", "mc_main"})


def install(machine: CleanMachine, directory: Path) -> str:
    return machine.good("dpkg", "-i", machine.take(the("*.deb", directory)))


def state(machine: CleanMachine) -> str:
    asked = ("dpkg-query", "-W", "-f", "${db:Status-Status}", NAME)
    return machine.run(*asked).stdout.strip()


def versions(machine: CleanMachine) -> set[str]:
    return {path.name for path in (machine.root / PREFIX / "versions").iterdir()}


@pytest.fixture(scope="module")
def installed(workshop: Path, pristine: Path, built: Path) -> Iterator[CleanMachine]:
    """A machine that has it, for tests that only look."""
    with booted(workshop, pristine) as machine:
        assert len(machine.good("cat", "/proc/net/route").splitlines()) == 1
        install(machine, built)
        yield machine


def test_a_node_without_a_network_runs_every_command(installed: CleanMachine) -> None:
    machine = installed

    for command in TYPED:
        assert "0.1.0" in machine.good(command, "--version", user="nobody")
    assert machine.good("dpkg", "--verify", NAME) == ""
    assert "mc_server.conf.sample" in machine.good("ls", f"/{PREFIX}/share")
    assert "# Installation" in machine.good(
        *("head", "-1", f"/usr/share/doc/{NAME}/pgx_pclrsc/docs/installation.md")
    )


def test_what_it_installs_is_roots_alone_and_everybodys_to_read(
    installed: CleanMachine,
) -> None:
    machine = installed
    where = ("find", f"/{PREFIX}", "-not", "-type", "l")
    assert machine.good(*where, "-not", "-user", "root") == ""
    assert machine.good(*where, "-perm", "/022") == ""
    assert machine.good(*where, "-not", "-perm", "-o=r") == ""


def test_every_link_of_it_leads_somewhere(installed: CleanMachine) -> None:
    """Pages and completion among them, where man and bash look."""
    machine = installed
    listed = machine.good("dpkg", "-L", NAME).split()
    links = [path for path in listed if (machine.root / path[1:]).is_symlink()]
    assert {f"/usr/bin/{command}" for command in TYPED} <= set(links)
    assert "/usr/share/man/man8/pgx_online.8" in links
    assert "/usr/lib/ocf/resource.d/pgx/pgsql" in links
    assert "/usr/share/bash-completion/completions/pgx_online" in links
    for link in links:
        machine.good("test", "-e", link)


def test_an_upgrade_under_rms_is_not_noticed(
    machine: CleanMachine, built: Path, newer: Path
) -> None:
    """Not one Check answers otherwise meanwhile; monitor, server and registry are the same."""
    install(machine, built)
    instance.make(machine)
    machine.good("pgx_online", instance.NAME)
    before, first = instance.status(machine), versions(machine)

    with instance.asked(machine) as answers:
        install(machine, newer)

    assert len(answers) > 1
    assert set(answers) == {"0"}
    after = instance.status(machine)
    assert after["monitor"] == before["monitor"]
    assert first < versions(machine), "what the monitor began with is still there"
    machine.good("pgx_offline", instance.NAME)


def test_nothing_is_removed_under_what_runs(machine: CleanMachine, built: Path) -> None:
    install(machine, built)
    instance.make(machine)
    machine.good("pgx_online", instance.NAME)

    refused = machine.run("dpkg", "--remove", NAME)

    assert refused.returncode != 0
    assert "pgx_monitor" in refused.stderr
    assert state(machine) == "installed"
    assert machine.run("pgx_check", instance.NAME).returncode == 0
    machine.good("pgx_offline", instance.NAME)
    machine.good("dpkg", "--remove", NAME)


def test_remove_keeps_the_registry_and_purge_does_not(
    machine: CleanMachine, built: Path
) -> None:
    install(machine, built)
    instance.make(machine)

    machine.good("dpkg", "--remove", NAME)
    assert instance.definition(machine).exists()
    assert not (machine.root / PREFIX).exists()
    assert machine.run("ls", "/usr/bin/pgx_check").returncode != 0
    install(machine, built)
    assert machine.good("pgx_pclrsc", "-p").split() == [instance.NAME]

    machine.good("dpkg", "--purge", NAME)
    assert not (machine.root / instance.REGISTRY[1:]).exists()
    assert not (machine.root / PREFIX).exists()
    machine.good("test", "-d", instance.WORK)


def test_an_installation_that_was_killed_is_ended_by_the_next(
    machine: CleanMachine, built: Path, newer: Path
) -> None:
    install(machine, built)
    (before,) = (machine.root / PREFIX / "package").iterdir()
    package = machine.take(the("*.deb", newer))

    with subprocess.Popen(machine.argv("dpkg", "-i", package)) as killed:
        processes.wait_until(
            lambda: len(list(before.parent.iterdir())) > 1, "it has begun"
        )
        machine.good("sh", "-c", "kill -9 $(pidof dpkg)")
        assert killed.wait(60) != 0

    assert machine.run("pgx_check").returncode == 2, "usage: it works as before"
    machine.good("dpkg", "-i", package)
    assert state(machine) == "installed"
    assert machine.good("dpkg", "--verify", NAME) == ""
    assert machine.run("pgx_check").returncode == 2


def test_what_was_damaged_is_repaired_by_installing_it_again(
    machine: CleanMachine, built: Path
) -> None:
    install(machine, built)
    broken = "pgx_check"
    (copy,) = (machine.root / PREFIX).glob(f"versions/[0-9]*/bin/{broken}")
    copy.unlink()
    copy.write_text("broken")
    assert machine.run(broken).returncode == 126

    install(machine, built)

    assert machine.run(broken).returncode == 2


def test_it_takes_over_what_a_bundle_has_installed(
    machine: CleanMachine, built: Path, whole_bundle: Path
) -> None:
    shutil.copytree(whole_bundle, machine.root / "root/bundle")
    machine.good("/root/bundle/install")
    before = versions(machine)

    with instance.asked(machine, f"/{PREFIX}/bin/pgx_check") as answers:
        install(machine, built)

    assert set(answers) == {"2"}, "usage: without a name each one ends like that"
    assert before < versions(machine)
    refused = machine.run("/root/bundle/install", "--uninstall")
    assert refused.returncode == 1
    assert "a package has installed" in refused.stderr
    assert machine.good("dpkg", "--verify", NAME) == ""
