"""Programs or registry where the OS user cannot go: said at once, with the directory's name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.processes import wait_until
from tests.fix_registry import Registry, refused
from tests.fix_resource import ONLINE, Resource
from tools.commands import PACKAGES, write_commands

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.root, pytest.mark.one_postgres]


@pytest.fixture
def closed(open_tmp: Path) -> Path:
    """A directory that root alone can enter, as /root is."""
    path = open_tmp / "closed"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def programs(closed: Path) -> Path:
    """The commands as a checkout below *closed* has them."""
    for part in PACKAGES:
        shutil.copytree(ROOT / part, closed / part)
    venv = Path(sys.executable).parents[1]
    write_commands(venv, closed / "bin", [str(closed / part) for part in PACKAGES])
    return closed / "bin"


def _says_which(said: str, closed: Path, registry: Registry) -> bool:
    user = registry.user.name
    return (
        f'error: programs cannot be run by OS user "{user}"\n' in said
        and f'detail: Directory "{closed}" is closed to that user.\n' in said
    )


def test_an_installation_is_refused_before_anything_is_made(closed: Path) -> None:
    prefix = closed / "opt" / "pgx"
    done = subprocess.run(
        [ROOT / "tools" / "install.sh", prefix], text=True, capture_output=True
    )

    assert done.returncode == 1
    assert f'"{closed}" is closed to them' in done.stderr
    assert os.listdir(closed) == []


def test_an_installation_into_a_prefix_that_is_closed_itself(closed: Path) -> None:
    done = subprocess.run(
        [ROOT / "tools" / "install.sh", closed], text=True, capture_output=True
    )

    assert done.returncode == 1
    assert f'"{closed}" is closed to them' in done.stderr


def test_a_resource_is_not_registered_from_a_closed_checkout(
    registry: Registry, programs: Path, closed: Path
) -> None:
    done = subprocess.run(
        [programs / "pgx_pclrsc", "-a", *registry.options({})],
        env=registry.environment(),
        text=True,
        capture_output=True,
    )

    refused(registry, done, "programs cannot be run")
    assert _says_which(done.stderr, closed, registry)
    assert not registry.work.exists()


def test_a_resource_is_not_registered_where_its_monitor_cannot_read(
    registry: Registry, closed: Path
) -> None:
    registry.root = closed / "etc" / "registry"

    done = registry.add()

    assert done.returncode == 1
    user = registry.user.name
    assert f'registry "{registry.root}" cannot be read by OS user "{user}"' in (
        done.stderr
    )
    assert f'Directory "{closed}" is closed to that user.' in done.stderr
    assert os.listdir(closed) == []


@pytest.mark.parametrize("name", ["pgx_online", "pgx_offline"])
def test_a_script_whose_worker_cannot_read_the_program_says_so(
    registered: Registry, programs: Path, closed: Path, name: str
) -> None:
    """It was closed after the resource was registered."""
    done = subprocess.run(
        [programs / name, "pg1"],
        env=registered.environment(),
        text=True,
        capture_output=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert _says_which(done.stderr, closed, registered)
    assert "internal error" not in done.stderr
    trace = (registered.work / "trace.log").read_text()
    assert f'Directory "{closed}" is closed' in trace


def test_a_check_whose_monitor_cannot_be_started_notes_why(
    resource: Resource, programs: Path, closed: Path
) -> None:
    """Check itself is root and answers; who watches the server from now on is nobody."""
    assert resource.online().returncode == 0
    resource.kill_monitor()
    check = [str(programs / "pgx_check"), resource.name]
    done = subprocess.run(check, env=resource.environment(), timeout=60)

    assert done.returncode == ONLINE
    trace = resource.work / "trace.log"
    said = f'Directory "{closed}" is closed to that user.'
    wait_until(lambda: said in trace.read_text(), "the trace has the reason")


def test_an_online_whose_monitor_cannot_read_the_registry_names_the_directory(
    resource: Resource,
) -> None:
    """It was closed after the resource was registered."""
    resource.registry.chmod(0o700)
    result = resource.online()

    user = resource.server.user.name
    assert result.returncode == 1
    assert f'"{resource.registry}" cannot be read by OS user "{user}"' in result.stderr
    assert resource.offline().returncode == 0


def test_what_is_open_is_registered_and_runs(registered: Registry) -> None:
    """The other side: nothing of this checkout is closed."""
    done = subprocess.run(
        [command("pgx_offline"), "pg1"],
        env=registered.environment(),
        text=True,
        capture_output=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
