"""Disks that fail, fill up, turn read-only or hang, under files written by children."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.disk import Disk
from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_mirror.core.disk import Effect, Failed, Full, Limits, Odd, Slow, Well
from pgx_mirror.database.look import Looker
from pgx_mirror.disk import file
from pgx_mirror.disk.checker import Checker
from tests.fix_disk import MakeDisk
from tests.fix_pair import MakeLooker, access

LIMITS = Limits(0.05, 0.3, 2)
PATIENT = Limits(0.05, 60.0, 2)  # nothing is slow but what hangs
MakeChecker = Callable[..., Checker]


@pytest.fixture
def checker() -> Iterator[MakeChecker]:
    made: list[Checker] = []

    def make(directory: Path, limits: Limits = LIMITS) -> Checker:
        made.append(Checker(str(directory), limits))
        return made[-1]

    yield make
    for one in made:
        one.close()


class Turning:
    """Takes a checker's turns, and keeps what it says; *looker* tells it of the server."""

    def __init__(self, checker: Checker, looker: Looker | None = None) -> None:
        self._checker, self._looker = checker, looker
        self.said: list[Effect] = []

    def until(self, condition: Callable[[], object], what: str) -> None:
        def turned() -> object:
            self.turn()
            return condition()

        wait_until(turned, what, 60, 0)

    def turn(self) -> None:
        poll = select.poll()
        for fd in self._checker.fds():
            poll.register(fd, select.POLLIN)
        pause = max(0.0, min(0.05, self._checker.wake() - time.monotonic()))
        ready = dict(poll.poll(pause * 1000))
        if self._looker is not None:
            seen = self._looker.look(30, write=self._checker.late)
            self._checker.told(seen, time.monotonic())
        self.said += self._checker.turn(ready, time.monotonic())

    def has(self, kind: type[Effect], path: Path | None = None) -> bool:
        return any(
            isinstance(one, kind) and path in (None, Path(one.place.path))
            for one in self.said
        )


def plain(path: Path) -> Path:
    """Make what looks like a data directory."""
    (path / "pg_wal").mkdir(parents=True)
    (path / "pg_tblspc").mkdir()
    return path


def written(path: Path) -> Callable[[], bool]:
    """Return what tells whether a file was written in *path* since."""
    before = path.stat().st_mtime_ns
    return lambda: path.stat().st_mtime_ns != before


def test_files_come_and_go_and_nothing_is_said(
    tmp_path: Path, checker: MakeChecker
) -> None:
    data = plain(tmp_path / "data")
    one = checker(data, PATIENT)
    turning = Turning(one)
    for _ in range(5):
        turning.until(written(data), "a file is written")

    assert turning.said == []
    assert one.fault == ""
    # Before it is closed: a child that is killed amid a file leaves it, as file.NAME says.
    turning.until(lambda: not (data / file.NAME).exists(), "the last file is gone")


def test_what_lies_on_one_file_system_is_watched_once(
    tmp_path: Path, checker: MakeChecker
) -> None:
    data = plain(tmp_path / "data")
    space = tmp_path / "space"
    space.mkdir()
    (data / "pg_tblspc" / "16384").symlink_to(space)
    turning = Turning(checker(data))

    turning.until(written(data), "a file is written")

    assert not written(space)()


def test_a_place_that_cannot_be_written_is_told(
    tmp_path: Path, checker: MakeChecker
) -> None:
    data = plain(tmp_path / "data")
    turning = Turning(checker(data))
    turning.until(written(data), "a file is written")

    data.rename(tmp_path / "elsewhere")

    turning.until(lambda: turning.has(Odd, data), "it is told")
    assert not turning.has(Failed)


def test_a_link_in_its_place_is_not_followed(
    tmp_path: Path, checker: MakeChecker
) -> None:
    data = plain(tmp_path / "data")
    other = tmp_path / "other"
    other.write_text("mine")
    (data / file.NAME).symlink_to(other)

    turning = Turning(checker(data))

    turning.until(lambda: turning.has(Odd, data), "it is told")
    assert other.read_text() == "mine"
    turning.until(lambda: not (data / file.NAME).is_symlink(), "the link is gone")


def test_a_child_that_is_killed_is_followed_by_another(
    tmp_path: Path, checker: MakeChecker
) -> None:
    data, before = plain(tmp_path / "data"), set(_children())
    one = checker(data)
    turning = Turning(one)
    turning.until(written(data), "a file is written")
    for pid in set(_children()) - before:  # no servers of a test to come
        kill(pid)

    turning.until(lambda: turning.has(Odd), "it is told")
    turning.until(written(data), "a file is written again")


def _children() -> list[int]:
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return [int(pid) for pid in found.split()]


def test_no_child_outlives_its_controller(tmp_path: Path) -> None:
    data = plain(tmp_path / "data")
    reader, writer = os.pipe()
    if (parent := os.fork()) == 0:
        try:
            Checker(str(data), LIMITS).turn((), time.monotonic())
            os.write(writer, b"x".join(b"%d" % pid for pid in _children()))
            signal.pause()
        finally:
            os._exit(1)  # it is a copy of the tests' own process
    os.close(writer)
    pids = [int(pid) for pid in os.read(reader, 100).split(b"x") if pid]
    kill(parent)
    os.waitpid(parent, 0)
    assert len(pids) == 2
    wait_until(lambda: all(gone(pid) for pid in pids), "its children have ended")


# --- real disks --------------------------------------------------------------------------


@pytest.mark.root
def test_a_disk_that_is_lost_is_a_fault_at_once_and_no_other(
    disk: Disk, make_disk: MakeDisk, checker: MakeChecker
) -> None:
    data, space = plain(disk.point / "data"), make_disk("space").point
    (data / "pg_tblspc" / "16384").symlink_to(space)
    one = checker(data)
    turning = Turning(one)
    turning.until(written(space), "a file is written in the tablespace")

    disk.fail()

    turning.until(lambda: one.fault, "there is a fault")
    assert one.fault.endswith("EIO")
    assert turning.has(Failed, data)
    turning.until(written(space), "files are written in the tablespace")
    assert not turning.has(Failed, space)


@pytest.mark.root
def test_a_disk_that_turns_read_only_is_a_fault(
    disk: Disk, checker: MakeChecker
) -> None:
    data = plain(disk.point / "data")
    one = checker(data)
    turning = Turning(one)
    turning.until(written(data), "a file is written")

    disk.turn_read_only()

    turning.until(lambda: one.fault, "there is a fault")


@pytest.mark.root
def test_a_full_disk_is_told_and_no_fault(disk: Disk, checker: MakeChecker) -> None:
    data = plain(disk.point / "data")
    one = checker(data, PATIENT)
    turning = Turning(one)
    turning.until(written(data), "a file is written")

    fill(data)

    turning.until(lambda: turning.has(Full, data), "it is told")
    (data / "filler").unlink()
    told = len(turning.said)
    turning.until(written(data), "a file is written again")
    assert one.fault == ""
    assert turning.said[told:] == []


def fill(directory: Path) -> None:
    """Leave no room on the file system of *directory*."""
    with (directory / "filler").open("wb", buffering=0) as filler:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    filler.write(bytes(size))
            except OSError:
                pass


@pytest.mark.root
def test_a_disk_that_hangs_hides_no_other_and_is_no_fault_by_itself(
    disk: Disk, make_disk: MakeDisk, checker: MakeChecker
) -> None:
    data, space = plain(disk.point / "data"), make_disk("space")
    (data / "pg_tblspc" / "16384").symlink_to(space.point)
    one = checker(data)
    turning = Turning(one)
    turning.until(written(space.point), "a file is written in the tablespace")

    disk.freeze()

    turning.until(lambda: turning.has(Slow, data) and one.late, "it is told")
    space.fail()
    turning.until(lambda: turning.has(Failed, space.point), "the other has failed")
    assert not turning.has(Failed, data)
    disk.thaw()
    turning.until(written(data), "files are written again")


@pytest.mark.root
@pytest.mark.postgres
@pytest.mark.one_postgres
def test_a_disk_that_hangs_under_a_server_is_a_fault_though_nobody_commits(
    server_on_disk: Callable[..., Server],
    disk: Disk,
    checker: MakeChecker,
    looker: MakeLooker,
) -> None:
    server = server_on_disk(fsync="on")
    server.start_plain()
    one = checker(server.data, Limits(0.05, 2.0, 2))
    turning = Turning(one, looker(access(server)))
    turning.until(written(server.data), "a file is written")

    disk.freeze()

    turning.until(lambda: one.fault, "there is a fault")
    disk.thaw()
    turning.until(lambda: not one.fault, "it is well again")
    assert [type(effect) for effect in turning.said] == [Slow, Failed, Well]


@pytest.mark.postgres
@pytest.mark.one_postgres
def test_a_server_that_starts_anew_does_not_care_for_a_file_that_was_left(
    server: Server,
) -> None:
    (server.data / file.NAME).write_text("left")
    server.start_plain()
    server.stop()
    server.start_plain()

    assert file.write(str(server.data)).error == 0
    assert not (server.data / file.NAME).exists()
