"""A restore onto a disk that is full, fills up, or fails: the old or the new data is whole."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures import processes
from fixtures.disk import Disk
from fixtures.processes import wait_until
from fixtures.server import Server
from tests.backup.made_backups import Destination, errors, leftovers, numbers, tree

pytestmark = [pytest.mark.one_postgres, pytest.mark.root, pytest.mark.long]
MB = 1 << 20


@pytest.fixture
def backed_up(
    server_on_disk: Callable[..., Server], open_tmp: Path, bindir: Path
) -> Destination:
    """A backup, elsewhere, of a server on a disk of its own: rows 1 and 2; it is dead."""
    server = server_on_disk(fsync="on")
    made = Destination(open_tmp / "backup", server, bindir)
    made.make()
    server.configure(**made.archives())
    server.start_plain()
    server.ask("create table t (n int); insert into t values (1)")
    made.back_up()
    server.ask("insert into t values (2)")
    server.stop(signal.SIGQUIT)
    os.sync()
    return made


def fill(disk: Disk, left: int) -> Path:
    """Leave so many bytes for who is not root."""
    path = disk.point / "filler"
    found = os.statvfs(disk.point)
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, found.f_bavail * found.f_frsize - left)
    return path


def test_without_room_for_both_nothing_is_begun(
    disk: Disk, backed_up: Destination
) -> None:
    filler = fill(disk, 8 * MB)
    (error,) = backed_up.refused()
    assert error == f'there is no room for the backup in "{backed_up.server.data}"'
    filler.unlink()
    backed_up.restored()
    assert numbers(backed_up.server) == [1, 2]


def test_a_disk_that_fills_up_meanwhile_has_the_old_data_back(
    disk: Disk, backed_up: Destination
) -> None:
    size = sum(
        path.lstat().st_size
        for path in (backed_up.path / "backup").rglob("*")
        if path.is_file()
    )
    before = tree(backed_up.server.data)
    for more in (1, 6, 12):  # as it copies, or as it recovers
        filler = fill(disk, size + more * MB)
        done = backed_up.restore()
        assert done.returncode == 1, more
        assert errors(done)[-1].startswith("could not re"), done.stderr
        found = tree(backed_up.server.data)
        assert {n: w for n, w in found.items() if n != "pgx_rcvall.log"} == before
        filler.unlink()
    backed_up.restored()
    assert numbers(backed_up.server) == [1, 2]


def test_a_disk_that_fails_has_the_old_data_or_the_new_once_it_is_back(
    disk: Disk, backed_up: Destination
) -> None:
    data = backed_up.server.data
    for name in ("pgx_rcvall.new/global", "pgx_rcvall.new/postmaster.pid"):
        process = backed_up.begin()
        wait_until((data / name).exists, "it is so far", 60)
        disk.fail()
        _, said = process.communicate(timeout=60)
        assert process.returncode == 1, said
        assert "internal error" not in said
        # As long as anything of it runs it could not be mounted anew.
        wait_until(lambda: not processes.of_directory(data), "nothing is left", 60)
        disk.unmount()
        disk.mount()
        assert (data / "pgx_rcvall.note").exists() or leftovers(data) == []
    backed_up.restored()
    assert numbers(backed_up.server) == [1, 2]
