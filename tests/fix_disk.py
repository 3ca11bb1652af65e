"""Fixtures: file systems that can be mounted and unmounted, as a shared disk is."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures import processes
from fixtures.disk import Disk
from fixtures.needs import missing
from fixtures.os_user import OsUser
from fixtures.server import Server
from tests.fix_postgres import MakeServer, directories

MakeDisk = Callable[[str], Disk]


@pytest.fixture
def make_disk(open_tmp: Path, os_user: OsUser) -> Iterator[MakeDisk]:
    """Return a function that makes and mounts a file system: `make_disk("data")`."""
    if reason := missing("mkfs.ext4", "losetup", "mount", "umount", "fsfreeze"):
        pytest.skip(reason)
    made: list[Disk] = []

    def make(name: str) -> Disk:
        disk = Disk(open_tmp / f"{name}.ext4", open_tmp / f"mnt-{name}")
        disk.make()
        made.append(disk)
        disk.mount()
        os_user.own(disk.point)
        return disk

    yield make
    for disk in made:
        disk.thaw()
    processes.end_all(open_tmp)
    for disk in reversed(made):
        while disk.is_mounted():
            disk.unmount("-l")


@pytest.fixture
def disk(make_disk: MakeDisk) -> Disk:
    """A file system of the OS user's, mounted."""
    return make_disk("data")


@pytest.fixture
def server_on_disk(disk: Disk, make_server: MakeServer) -> Callable[..., Server]:
    """Return a function that makes an instance on the disk: `server_on_disk(fsync="on")`."""

    def make(**settings: object) -> Server:
        server = make_server("data", **settings)
        server.data = move(server.data, disk.point / "data")
        return server

    return make


def move(source: Path, target: Path) -> Path:
    """Move a data directory to another file system, with owners and modes."""
    subprocess.run(["cp", "-a", source, target], check=True)
    directories.give_back(source)
    if source.exists():
        shutil.rmtree(source)
    return target
