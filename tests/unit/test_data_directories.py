"""A data directory that a test has used is made like new before another has it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.data_directories import DataDirectories

Tree = dict[str, tuple[int, int, int, int, str]]


def _tree(top: Path) -> Tree:
    """Return mode, owner, time and content of all that is below *top*."""
    found = {}
    for path in [top, *top.rglob("*")]:
        is_, text = path.lstat(), path.read_text() if path.is_file() else ""
        about = (is_.st_mode, is_.st_uid, is_.st_gid, is_.st_mtime_ns, text)
        found[str(path.relative_to(top))] = about
    return found


@pytest.fixture
def template(tmp_path: Path) -> Path:
    where = tmp_path / "template"
    for folder in ("base/1", "base/4", "pg_wal", "pg_stat"):
        (where / folder).mkdir(parents=True, mode=0o700)
    for number in range(5):
        (where / f"base/1/{number}").write_text(f"page {number}")
        (where / f"base/4/{number}").write_text(f"page {number}")
    (where / "postgresql.conf").write_text("port = 5432")
    (where / "pg_wal/1").write_text("a segment")
    return where


def _with_the_times_of_before(path: Path) -> None:
    before = path.stat()
    path.write_text(path.read_text()[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _swapped(top: Path) -> None:
    (top / "base/1/0").rename(top / "base/other")
    (top / "base/1/1").rename(top / "base/1/0")
    (top / "base/other").rename(top / "base/1/1")


def _elsewhere(top: Path) -> None:
    (top / "pg_wal").rename(top.with_name("wal"))
    (top / "pg_wal").symlink_to(top.with_name("wal"))


def _empty(top: Path) -> None:
    shutil.rmtree(top)
    top.mkdir()


def _a_folder(path: Path) -> None:
    path.unlink()
    (path / "deep").mkdir(parents=True)


def _a_file(path: Path) -> None:
    shutil.rmtree(path)
    path.touch()


HARM: dict[str, Callable[[Path], object]] = {
    "nothing": lambda top: None,
    "longer": lambda top: (top / "postgresql.conf").write_text(
        "port = 5432\nfsync = on"
    ),
    "shorter": lambda top: (top / "base/1/3").write_text(""),
    "rewritten": lambda top: _with_the_times_of_before(top / "base/4/2"),
    "closed": lambda top: (top / "base/1/2").chmod(0),
    "a closed folder": lambda top: (top / "base").chmod(0),
    "touched": lambda top: os.utime(top / "base"),
    "removed": lambda top: (top / "base/4/4").unlink(),
    "a folder removed": lambda top: shutil.rmtree(top / "base"),
    "added": lambda top: (top / "base/4/5").write_text("new"),
    "a folder added": lambda top: (top / "base/4/more/and/more").mkdir(parents=True),
    "swapped": _swapped,
    "a link": _elsewhere,
    "a second name": lambda top: os.link(top / "base/1/1", top.with_name("second")),
    "a folder for a file": lambda top: _a_folder(top / "pg_wal/1"),
    "a file for a folder": lambda top: _a_file(top / "base/1"),
    "empty": _empty,
    "renamed": lambda top: top.rename(top.with_name("data2")),
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_the_next_has_a_copy_of_the_template(
    harm: Callable[[Path], object], template: Path, tmp_path: Path
) -> None:
    directories, place = DataDirectories(), tmp_path / "place"
    place.mkdir()
    wanted = _tree(template)
    directories.make(template, place / "data")
    harm(place / "data")
    directories.give_back(place)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(exist_ok=True)

    directories.make(template, place / "data")

    assert _tree(place / "data") == wanted
    assert _tree(template) == wanted


def test_the_files_of_one_that_is_used_again_are_the_same_files(
    template: Path, tmp_path: Path
) -> None:
    directories = DataDirectories()
    directories.make(template, tmp_path / "a")
    inode = (tmp_path / "a/base/1/0").stat().st_ino
    (tmp_path / "a/base/1/0").write_text("more")
    directories.give_back(tmp_path / "a")

    directories.make(template, tmp_path / "b")

    assert not (tmp_path / "a").exists()
    assert (tmp_path / "b/base/1/0").stat().st_ino == inode


def test_what_is_in_use_is_given_to_nobody_else(template: Path, tmp_path: Path) -> None:
    directories = DataDirectories()
    for name in ("one/data", "two/data"):
        (tmp_path / name).parent.mkdir()
        directories.make(template, tmp_path / name)
    directories.give_back(tmp_path / "two")

    directories.make(template, tmp_path / "three")
    directories.make(template, tmp_path / "four")

    assert (tmp_path / "one/data/postgresql.conf").exists()
    inodes = {(tmp_path / n).stat().st_ino for n in ("one/data", "three", "four")}
    assert len(inodes) == 3
