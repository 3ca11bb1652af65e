"""What pgx_online says where the data directory is not what it should be, and why."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fixtures.disk import Disk
from fixtures.server import Server
from tests.fix_disk import MakeDisk, move
from tests.fix_resource import MakeResource, Resource
from tests.postgres.online_runs import online

pytestmark = [pytest.mark.root, pytest.mark.postgres, pytest.mark.one_postgres]

MOUNT_IT = "Mount the shared disk's file system first"


@pytest.fixture
def disk(make_disk: MakeDisk) -> Disk:
    """The shared disk, mounted."""
    return make_disk("data")


@pytest.fixture
def on_disk(server: Server, disk: Disk, make_resource: MakeResource) -> Resource:
    """A resource whose data directory is on the shared disk."""
    server.data = move(server.data, disk.point / "data")
    return make_resource(server)


def _uuid(disk: Disk) -> str:
    line = ["blkid", "-c", "/dev/null", "-o", "value", "-s", "UUID", str(disk.image)]
    found = subprocess.run(line, capture_output=True, text=True, check=True)
    return found.stdout.strip()


def _refused(resource: Resource) -> str:
    result = resource.online()

    assert result.returncode == 1
    return result.stderr


def _mount_instead(other: Disk, point: Path) -> None:
    other.unmount()
    subprocess.run(["mount", "-o", "loop", other.image, point], check=True)


def test_an_empty_wrong_disk_is_named_with_both(
    on_disk: Resource, disk: Disk, make_disk: MakeDisk
) -> None:
    online(on_disk)
    assert on_disk.offline().returncode == 0
    other = make_disk("other")
    disk.unmount()
    _mount_instead(other, disk.point)
    said = _refused(on_disk)

    assert "lies on another file system than before" in said
    assert _uuid(disk) in said
    assert _uuid(other) in said
    assert MOUNT_IT not in said


def test_a_wrong_disk_before_the_first_online_is_named(
    on_disk: Resource, disk: Disk, make_disk: MakeDisk
) -> None:
    """Nobody knows yet which is the right one."""
    other = make_disk("other")
    disk.unmount()
    _mount_instead(other, disk.point)
    said = _refused(on_disk)

    assert f'It lies on the file system of "{disk.point}" (UUID {_uuid(other)})' in said
    assert "See that it is the right file system" in said
    assert MOUNT_IT not in said


def test_nothing_mounted_is_said_to_be_that(on_disk: Resource, disk: Disk) -> None:
    disk.unmount()
    said = _refused(on_disk)

    assert "no instance in data directory" in said
    assert MOUNT_IT in said


@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_a_wrong_owner_is_told_as_that(
    on_disk: Resource, disk: Disk, mode: int
) -> None:
    """Also where the OS user cannot look into it at all."""
    os.chown(on_disk.server.data, 12345, 12345)
    on_disk.server.data.chmod(mode)
    said = _refused(on_disk)

    assert "has wrong ownership" in said
    assert "It belongs to uid 12345" in said
    assert MOUNT_IT not in said


def test_a_directory_that_is_closed_is_told_as_that(on_disk: Resource) -> None:
    on_disk.server.data.chmod(0)
    said = _refused(on_disk)

    assert "The OS user must be able to read the directory" in said
    assert MOUNT_IT not in said
