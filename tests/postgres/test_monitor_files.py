"""What the monitor has open, and what becomes of it when its files are tampered with."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from fixtures.disk import Disk
from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_base import proc, trace
from pgx_pclrsc.core import names
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, MakeResource
from tests.postgres.adopted import adopt, monitor_of, stays_online

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]


def test_a_record_that_was_removed_is_written_anew(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)
    before = resource.known()

    (resource.work / names.RECORD).unlink()

    resource.wait_for_record("online")
    assert resource.known().generation == before.generation


@pytest.mark.root
def test_a_link_to_a_file_of_roots_is_not_written_through(
    make_resource: MakeResource, server: Server, tmp_path: Path
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)
    target = tmp_path / "target"
    target.write_text("untouched")
    for name in (names.RECORD, trace.FILE):
        beside = resource.work / "beside"
        beside.symlink_to(target)
        beside.rename(resource.work / name)
    time.sleep(2.5)

    assert target.read_text() == "untouched"
    assert resource.check() == ONLINE


def test_a_fifo_holds_nobody_up(make_resource: MakeResource, server: Server) -> None:
    """The monitor stays with a fault that it cannot write, until it can or is ended."""
    pid = server.start_plain()
    resource = adopt(make_resource, server)
    monitor = monitor_of(resource)
    for name in (names.RECORD, trace.FILE):
        beside = resource.work / "beside"  # what was removed the monitor makes anew
        os.mkfifo(beside)
        server.user.own(beside)
        beside.rename(resource.work / name)
    time.sleep(2.5)

    assert resource.check() == ONLINE
    assert not gone(monitor)
    kill(pid)
    resource.wait_for(FAULTED if os.geteuid() == 0 else OFFLINE)
    assert not gone(monitor)
    (resource.work / names.RECORD).unlink()
    wait_until(lambda: gone(monitor), "the monitor has written it")
    assert resource.check() == FAULTED


def test_a_work_directory_replaced_by_a_link_holds_nobody_up(
    make_resource: MakeResource, server: Server, tmp_path: Path
) -> None:
    """The monitor keeps the directory that it has opened; nothing is written at the link."""
    pid = server.start_plain()
    resource = adopt(make_resource, server)
    away = resource.work.with_name("away")
    resource.work.rename(away)
    resource.work.symlink_to(tmp_path)
    time.sleep(2.5)

    assert list(tmp_path.iterdir()) == []
    assert resource.check() == ONLINE
    kill(pid)
    wait_until(lambda: resource.check() != ONLINE, "Check sees that it has ended")
    assert list(tmp_path.iterdir()) == []
    resource.work.unlink()
    away.rename(resource.work)
    assert resource.offline().returncode == 0


@contextmanager
def small_disk(path: Path) -> Iterator[None]:
    """Mount a file system of 256 KB at *path*."""
    path.mkdir(mode=0o755)
    options = ["-o", "size=256k,mode=0755"]
    subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", path], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", path], check=True)


@pytest.mark.root
def test_a_full_work_directory(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    """The record has its blocks from the day of registration, or none could be had now."""
    pid = server.start_plain()
    work = open_tmp / "home" / "work-pgxtest"
    with small_disk(work):
        server.user.own(work)
        work.chmod(0o700)
        resource = adopt(make_resource, server)
        with (work / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 4096)
            except OSError:
                pass
        stays_online(resource, 2)

        kill(pid)

        resource.wait_for_record("faulted")
        assert resource.check() == FAULTED


@pytest.mark.root
def test_a_frozen_file_system_holds_the_monitor_up_no_more_than_a_moment(
    make_resource: MakeResource, disk: Disk, server_on_disk: Callable[..., Server]
) -> None:
    """What it reads of the data directory waits for no write, not even of an access time."""
    server = server_on_disk()
    server.start_plain()
    resource = adopt(make_resource, server)
    disk.freeze()
    try:
        before = resource.known().good_until
        wait_until(lambda: resource.known().good_until > before + 3000, "fresh")
        assert resource.check() == ONLINE
    finally:
        disk.thaw()
    stays_online(resource, 2)


def test_it_keeps_little_open(make_resource: MakeResource, server: Server) -> None:
    """Of the data directory it has the server's guard, and the file of its process."""
    server.start_plain()
    resource = adopt(make_resource, server)
    monitor = monitor_of(resource)

    # It says its first word only after the record.
    wait_until(lambda: not held(monitor, "pipe:"), "the pipe to its starter is closed")
    # The file of the process is opened, and now and then anew, by a thread of its own.
    little = [f"{server.data}/{name}" for name in ("PG_VERSION", "postmaster.pid")]
    wait_until(
        lambda: sorted(held(monitor, str(server.data))) == little, "it is little"
    )
    assert proc.cwd(monitor) == "/"
    shown = proc.cmdline(monitor)
    assert any(word.endswith("pgx_monitor") for word in shown)
    assert resource.name in shown


def held(pid: int, prefix: str) -> list[str]:
    """Return what *pid* has open whose name begins with *prefix*."""
    found = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it was closed as we looked
            found.append(os.readlink(path))
    return [link for link in found if link.startswith(prefix)]


def guarded(server: Server) -> bool:
    """Whether somebody holds the guard."""
    with (server.data / "PG_VERSION").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_it_guards_an_adopted_server(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    assert not guarded(server)

    resource = adopt(make_resource, server)

    assert guarded(server)
    kill(monitor_of(resource))
    wait_until(lambda: not guarded(server), "the guard is free")
