"""A disk of a pair that runs is full: who has room goes on, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from fixtures.pair.place import OTHER, A, B
from fixtures.processes import end_all, wait_until
from pgx_mirror.core.mark import ALONE
from pgx_mirror.core.report import NAMES_OUT
from tests.fix_postgres import open_directory
from tests.mirror.striking import mend
from tests.mirror.whole import PATIENCE, Whole, whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.root, pytest.mark.long]

_SIZE = "600m"  # of the file system of each data directory


class Disks:
    """A pair with a file system for each data directory."""

    def __init__(self, pair: Whole) -> None:
        self.pair = pair

    def fill(self, name: str) -> None:
        """Leave not one page free beside *name*'s data directory."""
        file = self._filler(name)
        fd = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            size, end = 1 << 28, 0
            while size >= 4096:
                try:
                    os.posix_fallocate(fd, end, size)
                    end += size
                except OSError:
                    size //= 2
        finally:
            os.close(fd)

    def free(self, name: str) -> None:
        """Have room again."""
        self._filler(name).unlink()

    def _filler(self, name: str) -> Path:
        return self.pair.servers[name].data.parent / "filler"


class _OnDisks(Whole):
    """Its data directories are on file systems of their own."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in (A, B):
            disk = self.home / f"disk-{name}"
            disk.mkdir()
            options = f"size={_SIZE},uid={self.user.uid},mode=0700"
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=True
            )
            self.servers[name].data = disk / "data"


@contextmanager
def on_disks(home: Path, binaries: Binaries, user: OsUser) -> Iterator[Disks]:
    try:
        with whole(home, binaries, user, kind=_OnDisks) as pair:
            yield Disks(pair)
    finally:
        end_all(home)
        for disk in home.glob("disk-*"):
            subprocess.run(["umount", disk], check=False)


@pytest.fixture(scope="module")
def modules_disks(postgresql: Binaries, os_user: OsUser) -> Iterator[Disks]:
    with (
        open_directory(os_user) as place,
        on_disks(place / "home", postgresql, os_user) as made,
    ):
        yield made


@pytest.fixture
def disks(modules_disks: Disks) -> Iterator[Disks]:
    modules_disks.pair.settles()
    yield modules_disks
    modules_disks.pair.settles()


def test_the_standbys_disk_is_full(disks: Disks) -> None:
    """Its server ends or cannot go on: the primary goes on alone, by B's word or without."""
    pair, first, other = disks.pair, disks.pair.primary(), disks.pair.standby()

    disks.fill(other)
    with pair.session(first) as session:
        session.execute("set synchronous_commit = local")
        session.execute("create table if not exists bulk (t text)")
        session.execute(
            "insert into bulk select repeat('x', 999) from generate_series(1, 60000)"
        )
    wait_until(lambda: pair.mark(first).state == ALONE, "alone", PATIENCE)
    pair.commits()
    pair.witness()
    disks.free(other)

    pair.asks(first, "truncate bulk")
    if not pair.controllers(other) or pair.servers[other].pid() is None:
        pair.mc_ctl(other, "stop", check=False)
        assert pair.start(other).returncode == 0
    pair.settles()
    assert pair.primary() == first


def test_the_primarys_disk_is_full_and_its_standby_dies(disks: Disks) -> None:
    """The reserve takes the mark and postgresql.conf: commits that need no room go on."""
    pair, first, other = disks.pair, disks.pair.primary(), disks.pair.standby()
    session = pair.session(first)
    session.execute("select 1")

    disks.fill(first)
    pair.power_off(other)
    wait_until(lambda: pair.mark(first).state == ALONE, "alone", PATIENCE)
    wait_until(lambda: pair.names(first) == NAMES_OUT, "names out", PATIENCE)
    session.execute("select pg_logical_emit_message(true, 'test', '')")
    session.close()
    pair.witness()
    disks.free(first)

    assert pair.start(other).returncode == 0
    pair.settles()
    assert pair.primary() == first


def test_the_primarys_disk_is_full_and_its_database_dies_of_it(disks: Disks) -> None:
    """WAL has no room: the server ends, the pen is given from the reserve, the other goes on."""
    pair, first, other = disks.pair, disks.pair.primary(), disks.pair.standby()

    disks.fill(first)
    with pair.session(first) as session:
        session.execute("set synchronous_commit = off")
        _write_until_it_ends(session)
    wait_until(lambda: pair.mark(other).state == ALONE, "taken over", PATIENCE)
    pair.commits()
    pair.witness()
    disks.free(first)

    wait_until(lambda: pair.servers[first].pid() is None, "stopped", PATIENCE)
    pair.rebuild(first)
    assert OTHER[pair.primary()] == first


def test_both_disks_are_full(disks: Disks) -> None:
    """Nobody has room: nothing is switched back and forth, and all rows are there afterwards."""
    pair = disks.pair
    for name in (A, B):
        disks.fill(name)
    epoch = pair.epoch()
    with pair.session(pair.primary()) as session:
        session.execute("set synchronous_commit = off")
        _write_until_it_ends(session)
    assert len(pair.holders()) <= 1
    for name in (A, B):
        disks.free(name)

    for name in (pair.primary(), pair.standby()):
        if pair.servers[name].pid() is None and pair.controllers(name):
            pair.mc_ctl(name, "stop")  # as the status says
    mend(pair)
    assert pair.epoch() <= epoch + 20


def _write_until_it_ends(session: psycopg.Connection) -> None:
    """Write WAL, in no table, until there is no room for it."""
    one = "select pg_logical_emit_message(true, 'test', repeat('x', 1000000))"
    with pytest.raises(psycopg.Error):
        for _ in range(600):
            session.execute(one)
