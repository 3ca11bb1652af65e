"""The bundle: the same bytes each time, and all that a machine without a network needs."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from fixtures.processes import wait_until
from pgx_base.version import VERSION
from tests.packages import instance
from tests.packages.clean_machine import CleanMachine
from tests.packages.fix_bundle import ROOT
from tools.bundle import fetching
from tools.commands import COMMANDS
from tools.installer import tags

pytestmark = [
    pytest.mark.root,
    pytest.mark.packages,
    pytest.mark.xdist_group("machine"),
]

PREFIX = "/opt/pgx_pclrsc"
TYPED = sorted(set(COMMANDS) - {"pgx_monitor", "mc_main"})


def _make(into: Path, *options: str, umask: int = 0o022, **environ: str) -> Path:
    """Run what `make bundle` does, and return the archive."""
    subprocess.run(
        [sys.executable, "-m", "tools.bundle", "--into", into, *options],
        cwd=ROOT,
        env=os.environ | environ,
        umask=umask,
        check=True,
        stdout=subprocess.PIPE,
    )
    (archive,) = into.glob("*.tar.gz")
    return archive


@pytest.fixture(scope="session")
def archive(workshop: Path) -> Path:
    """The archive for this machine."""
    return _make(workshop / "bundle")


def test_it_is_the_same_bytes_each_time(archive: Path, workshop: Path) -> None:
    elsewhere = workshop / "another" / "place"
    elsewhere.mkdir(parents=True)
    environ = {"TZ": "Asia/Tokyo", "TMPDIR": str(elsewhere), "PYTHONHASHSEED": "1"}

    again = _make(workshop / "again-bundle", umask=0o077, **environ)

    assert again.read_bytes() == archive.read_bytes()
    said = subprocess.run(
        ["sha256sum", "-c", f"{archive.name}.sha256"],
        cwd=archive.parent,
        capture_output=True,
        text=True,
    )
    assert said.stdout == f"{archive.name}: OK\n"


@pytest.mark.parametrize("machine", fetching.MACHINES)
def test_it_has_a_wheel_of_everything_for_each_interpreter(
    machine: str, archive: Path, workshop: Path
) -> None:
    """By their names: what else than this machine's own they do nobody sees here."""
    if machine not in archive.name:
        archive = _make(workshop / machine, "--machine", machine)
    with tarfile.open(archive) as tar:
        wheels = [Path(name).name for name in tar.getnames() if name.endswith(".whl")]
        owners = {(one.uid, one.gid, one.mode & 0o022) for one in tar.getmembers()}
    assert owners == {(0, 0, 0)}
    projects = {tags.project(wheel) for wheel in wheels}
    assert {"pgx_primecluster", "psycopg", "psycopg_binary", "psutil"} <= projects
    for minor in fetching.MINORS:
        here = tags.Interpreter(minor, threads=False, machine=machine, glibc=(2, 28))
        chosen, missing = tags.chosen(wheels, here)
        assert missing == []
        assert len(chosen) == len(projects)


def _unpack(machine: CleanMachine, archive: Path) -> str:
    """Unpack *archive* there, and return the directory."""
    machine.good("tar", "-C", "/root", "-xzf", machine.take(archive))
    return f"/root/{archive.name.removesuffix('.tar.gz')}"


def test_a_node_without_a_network_runs_every_command(
    machine: CleanMachine, archive: Path
) -> None:
    """It has python3, and neither pip nor what Debian keeps in python3-venv."""
    assert len(machine.good("cat", "/proc/net/route").splitlines()) == 1
    assert machine.run("python3", "-c", "import ensurepip").returncode == 1

    said = machine.good(f"{_unpack(machine, archive)}/install")

    assert f"installed in {PREFIX}" in said
    for command in TYPED:
        told = machine.good(f"{PREFIX}/bin/{command}", "--version", user="nobody")
        assert VERSION in told
    samples = machine.good("ls", f"{PREFIX}/share")
    assert "mc_server.conf.sample" in samples and "rc_mcoi.sample" in samples
    assert "pgx_messages.7" in machine.good("ls", f"{PREFIX}/share/man/man7")
    assert "pgx_check.8" in machine.good("ls", f"{PREFIX}/share/man/man8")
    assert "complete " in machine.good(
        "cat", f"{PREFIX}/share/bash-completion/completions/pgx_pclrsc"
    )
    assert machine.good("find", PREFIX, "-not", "-type", "l", "-perm", "/022") == ""
    assert "Debian" in machine.good(
        "cat", f"{PREFIX}/share/doc/pgx_pclrsc/docs/installation.md"
    )


def test_a_newer_version_under_rms_is_not_noticed(
    machine: CleanMachine, archive: Path
) -> None:
    """Registry, server and monitor stay; the monitor is then replaced by the word."""
    bundle = _unpack(machine, archive)
    machine.good(f"{bundle}/install")
    # What is asked of the machine below names no directory.
    machine.good("sh", "-c", f"ln -s {PREFIX}/bin/* /usr/bin")
    instance.make(machine)
    machine.good("pgx_online", instance.NAME)
    before = instance.status(machine)
    definition = instance.definition(machine).read_text()

    with instance.asked(machine) as answers:
        machine.good(f"{bundle}/install")

    assert set(answers) == {"0"}
    assert instance.definition(machine).read_text() == definition
    assert instance.status(machine)["monitor"] == before["monitor"]
    machine.good("pgx_pclrsc", "--restart-monitor", "-c", instance.NAME)

    def another_watches() -> bool:
        machine.good("pgx_check", instance.NAME)
        return instance.status(machine)["monitor"] not in (None, before["monitor"])

    wait_until(another_watches, "another monitor watches")
    assert instance.status(machine)["state"] == "online"
    refused = machine.run(f"{bundle}/install", "--uninstall")
    assert refused.returncode == 1
    assert "pgx_monitor" in refused.stderr
    machine.good("pgx_offline", instance.NAME)
    machine.good(f"{bundle}/install", "--uninstall")
    assert not (machine.root / PREFIX[1:]).exists()
    assert instance.definition(machine).read_text() == definition
