"""Fixtures: a node whose /etc is as the manual wants it, and `pgx_pclrsc --check` on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fixtures.commands import command
from fixtures.disk import Disk
from fixtures.needs import missing
from fixtures.server import Server
from tests.fix_resource import MakeResource, Resource

_SCRIPT = """
set -e
mount --make-rprivate /
mount --bind {etc} /etc
{more}
exec "$@"
"""
READY: dict[str, object] = {
    "response_timeout": 10,
    "timeout_retry_count": 2,
    "online_timeout": 3600,
    "offline_timeout": 1800,
}


@dataclass
class Node:
    """A resource on a disk, on a node with an /etc of its own."""

    resource: Resource
    disk: Disk
    etc: Path
    more: list[str] = field(default_factory=list)
    hangs: bool = False  # what is looked at

    @property
    def server(self) -> Server:
        """The instance."""
        return self.resource.server

    def becomes(self, name: str) -> None:
        """Be called *name* from now on, as another node would be."""
        self.resource.extra["RELIANT_HOSTNAME"] = name

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run pgx_pclrsc there to its end."""
        script = _SCRIPT.format(etc=self.etc, more="\n".join(self.more))
        line = ["unshare", "-m", "sh", "-c", script, "sh", command("pgx_pclrsc"), *args]
        return subprocess.run(
            line,
            env=self.resource.environment(),
            cwd="/",
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
        )

    def check(self, *args: str) -> tuple[int, dict[str, list[tuple[str, str]]]]:
        """Return the exit code of --check, and level and reason of each line by check."""
        told, code = self.told(*args)
        found: dict[str, list[tuple[str, str]]] = {}
        for line in told["checks"]:
            found.setdefault(line["check"], []).append((line["level"], line["reason"]))
        return code, found

    def told(self, *args: str) -> tuple[dict[str, Any], int]:
        """Return what --check says as JSON, and its exit code."""
        asked = ["--check", "-c", self.resource.name, "--output=json", *args]
        for _ in range(3):  # a busy machine may end a look that does not hang
            done = self.run(*asked)
            assert done.stderr == ""
            if self.hangs or "no answer within" not in done.stdout:
                break
        return json.loads(done.stdout), done.returncode


def levels(found: dict[str, list[tuple[str, str]]], level: str) -> dict[str, list[str]]:
    """Return what is said with *level*, by check."""
    said = {
        row: [why for lv, why in lines if lv == level] for row, lines in found.items()
    }
    return {row: whys for row, whys in said.items() if whys}


def _etc(path: Path, disk: Disk, port: int) -> Path:
    shutil.copytree("/etc", path, symlinks=True)
    path.chmod(0o755)
    line = f"/dev/sfdsk/class1/dsk/volume1 {disk.point} ext4 noauto 0 0\n"
    (path / "fstab").write_text(line)
    (path / "fstab.pcl").write_text(f"#RMS#{line}")
    with (path / "services").open("a") as file:
        file.write(f"pg1\t{port}/tcp\n")
    return path


@pytest.fixture
def node(
    make_resource: MakeResource,
    server_on_disk: Callable[..., Server],
    disk: Disk,
    open_tmp: Path,
) -> Node:
    """A node that is ready, with an instance that does not run."""
    if os.geteuid() != 0:
        pytest.skip("needs to be root")
    if reason := missing("unshare", "mount"):
        pytest.skip(reason)
    resource = make_resource(server_on_disk(), **READY)
    _register_two(resource)
    return Node(resource, disk, _etc(open_tmp / "etc", disk, resource.server.port))


def _register_two(resource: Resource) -> None:
    """Register it anew, on two nodes."""
    path = resource.registry / resource.name / "definition.toml"
    text = path.read_text()
    assert 'nodes = ["node1RMS"]' in text
    path.write_text(text.replace('["node1RMS"]', '["node1RMS", "node2RMS"]'))
