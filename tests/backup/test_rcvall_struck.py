"""The exchange of old and new data, struck at each of its calls: one of them is whole, always.

The directories are small ones of the test's own; what a restore does between (copy,
recover) touches none of the old data.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pgx_base.failure import Failure
from pgx_mirror.data import bar, unrestored
from pgx_mirror.restore import areas, exchanging, holding, note, restoring
from pgx_mirror.restore.note import MAKING, REPLACING, Note
from pgx_mirror.restore.task import Task
from tests.backup.made_backups import leftovers, tree
from tests.mirror.struck import KILLED, Struck

PART = "PG_15_202209061"
EIO, FULL = "error=EIO", "error=ENOSPC"


class Quiet:
    def say(self, text: str) -> None:
        pass

    def warn(self, what: Failure) -> None:
        pass


def directories(place: Path) -> list[Path]:
    return [place / name for name in ("data", "wal", "space", "fresh")]


def fill(place: Path) -> None:
    """Make the old data: a data directory, its pg_wal behind a link, a tablespace."""
    shutil.rmtree(place, ignore_errors=True)
    data, wal, space, fresh = directories(place)
    for path in (data / "base", data / "pg_tblspc", wal, space / PART, fresh):
        path.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15\n")
    (data / "base" / "1").write_text("old")
    (data / "pg_wal").symlink_to(wal)
    (data / "pg_tblspc" / "16384").symlink_to(space)
    (wal / "000000010000000000000001").write_text("old")
    (space / PART / "1").write_text("old")


def make_new(data: Path, begun: Note) -> None:
    """Make the new data, in the places where a restore makes it."""
    new, wal = Path(areas.new(str(data))), Path(areas.new(begun.wal))
    for path in (new / "base", new / "pg_tblspc", wal):
        path.mkdir(parents=True)
    (new / "PG_VERSION").write_text("15\n")
    (new / "base" / "1").write_text("new")
    (new / "pg_wal").symlink_to(wal)
    (wal / "000000020000000000000001").write_text("new")
    for number, space in enumerate((*begun.replaced, *begun.fresh)):
        (new / "pg_tblspc" / str(16384 + number)).symlink_to(space)
        Path(areas.part(space, begun)).mkdir()
        Path(areas.part(space, begun), "1").write_text("new")
    (data / areas.LINKS).mkdir()
    (data / areas.OUTPUT).touch()


def exchange(place: Path) -> None:
    """Do what a restore does with the old data and the new."""
    data, wal, space, fresh = directories(place)
    with holding.held(str(data)) as dir_fd:
        begun = Note(MAKING, "name", 15, PART, str(wal), (str(space),), (str(fresh),))
        note.write(dir_fd, begun)
        bar.put(dir_fd, bar.RESTORE)
        areas.set_aside(begun)
        make_new(data, begun)
        exchanging.go_on(str(data), replace(begun, stage=REPLACING), dir_fd)


def put_right(place: Path) -> str:
    """Do what the next pgx_rcvall begins with."""
    task = Task(str(place / "data"), str(place))
    return restoring.settle(task, Quiet())


def whole(place: Path) -> dict[str, bytes | str]:
    """Return all that is there, but for what a killed writer has left beside its file."""
    assert leftovers(place) == []
    found = {str(d): tree(d) for d in directories(place)}
    return {
        f"{d}/{name}": what
        for d, each in found.items()
        for name, what in each.items()
        if not name.endswith(".pgx_mirror.new")
    }


@pytest.fixture
def both(tmp_path: Path) -> tuple[dict[str, bytes | str], dict[str, bytes | str]]:
    """What is there with the old data, and with the new."""
    place = tmp_path / "place"
    fill(place)
    old = whole(place)
    exchange(place)
    return old, whole(place)


def test_the_new_data_takes_the_place_of_the_old(
    tmp_path: Path, both: tuple[dict[str, bytes | str], dict[str, bytes | str]]
) -> None:
    old, new = both
    data, wal, space, fresh = directories(tmp_path / "place")
    assert new[f"{data}/base/1"] == new[f"{space}/{PART}/1"] == b"new"
    assert new[f"{fresh}/{PART}/1"] == b"new"
    assert new[f"{data}/pg_wal"] == str(wal)
    assert set(os.listdir(wal)) == {"000000020000000000000001"}
    assert f"{fresh}/{PART}/1" not in old


@pytest.mark.parametrize(
    "fate",
    [KILLED, *(pytest.param(one, marks=pytest.mark.long) for one in (EIO, FULL))],
)
def test_struck_anywhere_the_old_or_the_new_data_is_whole_after_the_next_run(
    tmp_path: Path,
    both: tuple[dict[str, bytes | str], dict[str, bytes | str]],
    fate: str,
) -> None:
    place = tmp_path / "place"
    old, new = both
    struck = Struck(partial(exchange, place), tmp_path / "strace.log")
    seen = set()
    for where, how in struck.everywhere(fate, partial(fill, place), syncs=10):
        begun = unrestored.is_there(str(place / "data"))
        finished = put_right(place)
        found = whole(place)
        assert found == (new if finished else old) or (
            not begun and found in (old, new)
        ), f"{where}: {how}"
        if how == "done":
            assert found == new, where
        seen.add("new" if found == new else "old")
    assert seen == {"old", "new"}


@pytest.mark.parametrize("stage", ["making", "replacing"])
def test_putting_right_is_struck_anywhere_itself(
    tmp_path: Path,
    both: tuple[dict[str, bytes | str], dict[str, bytes | str]],
    stage: str,
) -> None:
    """From either side of the step by which the new data counts."""
    place = tmp_path / "place"
    old, new = both

    def prepare() -> None:
        fill(place)
        data, wal, space, fresh = directories(place)
        with holding.held(str(data)) as dir_fd:
            begun = Note(
                stage, "name", 15, PART, str(wal), (str(space),), (str(fresh),)
            )
            note.write(dir_fd, begun)
            bar.put(dir_fd, bar.RESTORE)
            areas.set_aside(begun)
            make_new(data, begun)

    struck = Struck(lambda: put_right(place), tmp_path / "strace.log")
    for where, _ in struck.everywhere(KILLED, prepare, syncs=3):
        put_right(place)
        assert whole(place) == (old if stage == MAKING else new), where
