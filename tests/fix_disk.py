"""Fixtures: file systems that can be mounted and unmounted, as a shared disk is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures import processes
from fixtures.disk import Disk
from fixtures.os_user import OsUser

MakeDisk = Callable[[str], Disk]


@pytest.fixture
def make_disk(open_tmp: Path, os_user: OsUser) -> Iterator[MakeDisk]:
    """Return a function that makes and mounts a file system: `make_disk("data")`."""
    made: list[Disk] = []

    def make(name: str) -> Disk:
        disk = Disk(open_tmp / f"{name}.ext4", open_tmp / f"mnt-{name}")
        disk.make()
        made.append(disk)
        disk.mount()
        os_user.own(disk.point)
        return disk

    yield make
    processes.end_all(open_tmp)
    for disk in reversed(made):
        while disk.is_mounted():
            disk.unmount("-l")
