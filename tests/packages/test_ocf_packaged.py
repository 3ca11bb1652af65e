"""The link for a cluster manager in packages for Debian and RPM."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.packages import instance
from tests.packages.clean_machine import CleanMachine
from tests.packages.fix_built import the

pytestmark = [
    pytest.mark.root,
    pytest.mark.packages,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("machine"),
]
NAME = "pgx-primecluster"
LINK = "usr/lib/ocf/resource.d/pgx/pgsql"
MONITOR = f"/usr/bin/env OCF_RESKEY_name={instance.NAME} /{LINK} monitor"
Manage = Callable[[CleanMachine, str, Path], subprocess.CompletedProcess[str]]
REMOVE = "remove"


def by_dpkg(
    machine: CleanMachine, what: str, directory: Path
) -> subprocess.CompletedProcess[str]:
    """Install what is in *directory*, or purge it."""
    if what == REMOVE:
        return machine.run("dpkg", "--purge", NAME)
    return machine.run("dpkg", "-i", machine.take(the("*.deb", directory)))


def by_rpm(
    machine: CleanMachine, what: str, directory: Path
) -> subprocess.CompletedProcess[str]:
    """Do the same with the host's rpm."""
    words = ["--erase", NAME]
    if what != REMOVE:
        words = ["--upgrade", str(the("*.rpm", directory))]
    return machine.outside("rpm", "--root", str(machine.root), "--nodeps", *words)


@pytest.fixture(params=[by_dpkg, by_rpm], ids=["dpkg", "rpm"])
def manage(request: pytest.FixtureRequest) -> Manage:
    """A package manager."""
    found: Manage = request.param
    return found


def good(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def test_it_leads_to_the_agent_and_leaves_nothing_behind(
    machine: CleanMachine, built: Path, manage: Manage
) -> None:
    good(manage(machine, "install", built))
    said = machine.good(f"/{LINK}", "meta-data", user="nobody")
    assert '<resource-agent name="pgsql"' in said

    assert "warning" not in good(manage(machine, REMOVE, built))
    assert not (machine.root / "usr/lib/ocf").exists()


def test_an_upgrade_under_a_cluster_manager_is_not_noticed(
    machine: CleanMachine, built: Path, newer: Path, manage: Manage
) -> None:
    good(manage(machine, "install", built))
    instance.make(machine)
    environ = ("/usr/bin/env", f"OCF_RESKEY_name={instance.NAME}")
    machine.good(*environ, f"/{LINK}", "start")

    with instance.asked(machine, MONITOR) as answers:
        good(manage(machine, "upgrade", newer))

    assert len(answers) > 1
    assert set(answers) == {"0"}
    machine.good(*environ, f"/{LINK}", "stop")
    assert machine.run(*environ, f"/{LINK}", "monitor").returncode == 7
    good(manage(machine, REMOVE, newer))


@pytest.mark.parametrize("what", ["file", "link"])
def test_what_is_another_programs_is_never_replaced(
    machine: CleanMachine, built: Path, manage: Manage, what: str
) -> None:
    foreign = machine.root / LINK
    foreign.parent.mkdir(parents=True)
    if what == "file":
        foreign.write_text("another's")
    else:
        foreign.symlink_to("/bin/true")

    refused = manage(machine, "install", built)

    assert refused.returncode != 0
    assert f"of another program in the way: /{LINK}" in refused.stderr
    assert foreign.is_symlink() or foreign.read_text() == "another's"
    assert machine.run(f"/{LINK}").returncode in (0, 126)
    assert not (machine.root / "opt/pgx_pclrsc").exists()

    foreign.unlink()
    good(manage(machine, "install", built))
    machine.good(f"/{LINK}", "meta-data")


def test_that_of_an_installation_is_taken_over(
    machine: CleanMachine, built: Path, whole_bundle: Path, manage: Manage
) -> None:
    """And goes with the package, whoever made it."""
    bundle = machine.root / "root/bundle"
    subprocess.run(["cp", "-r", whole_bundle, bundle], check=True)
    (machine.root / "usr/lib/ocf/resource.d").mkdir(parents=True)
    assert f"/{LINK} leads here" in machine.good("/root/bundle/install")

    good(manage(machine, "install", built))
    machine.good(f"/{LINK}", "meta-data")
    good(manage(machine, REMOVE, built))
    assert not (machine.root / LINK).is_symlink()
