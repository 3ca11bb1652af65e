"""On a full disk mark and postgresql.conf are written all the same; disks that fail are told."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from fixtures.disk import Disk
from fixtures.os_user import OsUser
from pgx_mirror.core.mark import PAIR, Mark
from pgx_mirror.core.report import NAMES_OUT, NAMES_SET
from pgx_mirror.data import (
    conf_file,
    conf_text,
    mark_file,
    reserve,
    signal_file,
    steps,
)
from tests.mirror.struck import KILLED, Struck, ended

MARK = Mark("server1", "a" * 32, "7000", 3, PAIR)


# Writes whatever can be written, until it is killed.
_GREEDY = """
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
said = False
while True:
    try:
        os.write(fd, bytes(4096))
    except OSError as ex:
        assert ex.errno == 28, ex
        if not said:
            print("full", flush=True)
        said = True
"""


def write_mark(dir_fd: int) -> None:
    mark_file.write(dir_fd, MARK.to("ALONE", 4))


def settle(dir_fd: int) -> None:
    mark_file.settle(dir_fd, "server1", "7000")


def write_conf(dir_fd: int) -> None:
    conf_file.write(dir_fd, NAMES_OUT)


# Larger than PostgreSQL's sample, as one is that has been in use for years.
CONF = b"# a comment\n" * 4000 + b"synchronous_standby_names = 'standby1'\n"
_FILL = """
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT, 0o600)
wrote = True
while wrote:
    wrote, size = False, 1 << 28
    while size >= 4096:
        try:
            os.posix_fallocate(fd, os.fstat(fd).st_size, size)
            wrote = True
        except OSError as ex:
            assert ex.errno == 28, ex
            size //= 2
    os.fsync(fd)  # what was held back for metadata is free again
"""


class Full:
    """A data directory of the OS user's on a disk that the user has filled."""

    def __init__(self, disk: Disk, user: OsUser, *, reserved: bool) -> None:
        self.disk, self.user = disk, user
        self.where = disk.point / "data"
        self.where.mkdir(mode=0o700)
        user.own(self.where)
        self.opened: list[int] = []
        self.open()
        (self.where / "postgresql.conf").write_bytes(CONF)
        user.own(self.where / "postgresql.conf")
        assert self.child(lambda fd: mark_file.write(fd, MARK)) == "done"
        if reserved:
            assert self.child(conf_file.take_reserve) == "done"
        self.sync()
        self.fill("filler")

    @property
    def dir_fd(self) -> int:
        return self.opened[0]

    def open(self) -> None:
        self.opened.append(steps.open_directory(str(self.where)))

    def close(self) -> None:
        """Let the disk go."""
        while self.opened:
            os.close(self.opened.pop())

    def struck(self, action: Callable[[int], object]) -> Struck:
        log = self.disk.point.parent / "log"
        return Struck(lambda: action(self.dir_fd), log, self.user)

    def child(self, action: Callable[[int], object]) -> str:
        """Return how a child of the OS user's ended."""
        return ended(lambda: action(self.dir_fd), self.user)

    def fill(self, name: str) -> None:
        """Have no block left, by a file *name*."""
        path = self.disk.point / name
        self.user.run([sys.executable, "-ISB", "-c", _FILL, str(path)])

    def sync(self) -> None:
        subprocess.run(["sync", "-f", self.disk.point], check=True)

    def make_room(self, name: str) -> None:
        """Remove the file *name*, and have its blocks free."""
        (self.disk.point / name).unlink()
        self.sync()

    def state(self) -> tuple[str, str]:
        """Return the state of the mark, and that of the names."""
        mark = mark_file.read(self.dir_fd, "server1", "7000").mark
        assert mark is not None
        content = (self.where / "postgresql.conf").read_bytes()
        return mark.state, conf_text.read(content).state


MakeFull = Callable[..., Full]


@pytest.fixture
def make_full(disk: Disk, os_user: OsUser) -> Iterator[MakeFull]:
    made: list[Full] = []

    def make(*, reserved: bool) -> Full:
        made.append(Full(disk, os_user, reserved=reserved))
        return made[-1]

    yield make
    for full in made:
        full.close()


@pytest.mark.root
def test_without_it_a_full_disk_keeps_the_old_files(make_full: MakeFull) -> None:
    full = make_full(reserved=False)

    for action in (write_mark, write_conf, reserve.take):
        assert full.child(action) == f"OSError {errno.ENOSPC}"

    assert full.state() == ("PAIR", NAMES_SET)
    assert sorted(os.listdir(full.where)) == ["pgx_mirror.mark", "postgresql.conf"]


@pytest.mark.root
def test_with_it_mark_and_conf_are_written_on_a_full_disk(make_full: MakeFull) -> None:
    full = make_full(reserved=True)

    assert full.child(write_mark) == "done"
    assert full.child(write_conf) == "done"
    assert full.state() == ("ALONE", NAMES_OUT)
    assert not reserve.is_whole(full.dir_fd)

    full.make_room("filler")
    assert full.child(conf_file.take_reserve) == "done"
    assert reserve.is_whole(full.dir_fd)


@pytest.mark.root
def test_a_server_that_takes_every_free_block_does_not_keep_us_from_it(
    make_full: MakeFull,
) -> None:
    full = make_full(reserved=True)
    greedy = subprocess.Popen(
        [sys.executable, "-ISB", "-c", _GREEDY, full.disk.point / "greedy"],
        stdout=subprocess.PIPE,
        **full.user.popen_options(),
    )
    try:
        assert greedy.stdout is not None
        assert greedy.stdout.readline() == b"full\n"

        assert full.child(write_mark) == "done"
        assert full.child(write_conf) == "done"
        assert full.state() == ("ALONE", NAMES_OUT)
    finally:
        greedy.kill()
        greedy.communicate()


@pytest.mark.root
def test_killed_on_a_full_disk_the_next_write_goes_on(make_full: MakeFull) -> None:
    full = make_full(reserved=True)
    seen: Counter[tuple[str, str]] = Counter()

    def both(dir_fd: int) -> None:
        write_mark(dir_fd)
        write_conf(dir_fd)

    def back(dir_fd: int) -> None:
        mark_file.write(dir_fd, MARK)
        conf_file.write(dir_fd, NAMES_SET)
        conf_file.take_reserve(dir_fd)

    def prepare() -> None:
        """Have all as it was, for which there must be room for a moment."""
        filler = full.disk.point / "filler"
        os.truncate(filler, filler.stat().st_size - (1 << 20))
        assert full.child(back) == "done"
        full.fill("filler")

    for at, _ in full.struck(both).everywhere(KILLED, prepare, syncs=4):
        seen[full.state()] += 1
        assert full.child(both) == "done", at
        assert full.state() == ("ALONE", NAMES_OUT), at
    assert set(seen) == {
        ("PAIR", NAMES_SET),
        ("ALONE", NAMES_SET),
        ("ALONE", NAMES_OUT),
    }


@pytest.mark.root
def test_a_disk_that_turns_read_only_is_told(make_full: MakeFull) -> None:
    full = make_full(reserved=True)
    full.disk.turn_read_only()

    for action in (write_mark, write_conf, signal_file.create):
        assert full.child(action) == f"OSError {errno.EROFS}"
    assert full.state() == ("PAIR", NAMES_SET)


@pytest.mark.root
def test_a_disk_that_fails_is_told_and_no_mark_is_taken_for_missing(
    make_full: MakeFull,
) -> None:
    full = make_full(reserved=True)
    full.disk.fail()

    for action in (write_mark, write_conf, settle):
        assert full.child(action).split()[1] in (str(errno.EIO), str(errno.EROFS))
    full.close()
    full.disk.unmount()
    full.disk.mount()
    full.open()
    assert full.state() == ("PAIR", NAMES_SET)
