"""The mark on disk is good only in the directory, and as the file, that it was written as."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.disk import Disk
from pgx_mirror.core.judged import BROKEN, COPY, FOREIGN, GOOD, MISSING, Found
from pgx_mirror.core.mark import FILE, PAIR, Mark, encode
from pgx_mirror.data import mark_file, steps
from tests.mirror.struck import KILLED, Struck

MARK = Mark("server1", "a" * 32, "7000", 3, PAIR, since="0/3000060")


def read_at(path: Path) -> Found:
    fd = steps.open_directory(str(path))
    try:
        return mark_file.read(fd, "server1", "7000")
    finally:
        os.close(fd)


def test_what_was_written_is_good(where: Path, dir_fd: int) -> None:
    first = mark_file.write(dir_fd, MARK)
    second = mark_file.write(dir_fd, first.to("ALONE", 5))

    assert read_at(where) == Found(GOOD, second)
    assert mark_file.settle(dir_fd, "server1", "7000") == Found(GOOD, second)
    assert second == replace(
        MARK, state="ALONE", epoch=5, inode=second.inode, directory=second.directory
    )
    assert second.directory & (1 << 64) - 1 == where.stat().st_ino
    assert os.listdir(where) == [FILE]


def test_a_directory_without_a_mark_is_told(where: Path) -> None:
    assert read_at(where).case == MISSING


@pytest.mark.parametrize("content", [b"", b"\0" * 300, encode(MARK)[:-30], b"x" * 99])
def test_a_broken_mark_is_told_and_written_over(
    where: Path, dir_fd: int, content: bytes
) -> None:
    (where / FILE).write_bytes(content)

    assert read_at(where).case == BROKEN
    mark_file.write(dir_fd, MARK)
    assert read_at(where).case == GOOD


def test_anothers_mark_is_told(where: Path, dir_fd: int) -> None:
    written = mark_file.write(dir_fd, replace(MARK, owner="server2"))
    found = read_at(where)
    assert (found.case, found.mark) == (FOREIGN, written)
    assert '"server2"' in found.why
    assert found.in_place
    copy = where.with_name("copy")
    subprocess.run(["cp", "-a", where, copy], check=True)
    assert not read_at(copy).in_place

    mark_file.write(dir_fd, replace(MARK, system="7001"))
    assert read_at(where).case == FOREIGN


@pytest.mark.parametrize("how", ["cp -a", "the file", "moved back", "renamed"])
def test_a_copy_is_told_from_the_original(where: Path, dir_fd: int, how: str) -> None:
    mark_file.write(dir_fd, MARK)
    copy = where.with_name("copy")
    if how == "renamed":
        where.rename(copy)
        assert read_at(copy).case == GOOD
        return
    subprocess.run(["cp", "-a", where, copy], check=True)
    if how == "the file":
        (where / FILE).unlink()
        shutil.copy2(copy / FILE, where / FILE)
        copy = where
    elif how == "moved back":
        where.rename(where.with_name("old"))
        copy.rename(where)
        copy = where

    assert read_at(copy).case == COPY


@pytest.fixture
def on_disk(disk: Disk) -> Iterator[tuple[Path, int]]:
    """A directory on a file system that counts the uses of an inode, and a descriptor."""
    path = disk.point / "data"
    path.mkdir()
    fd = steps.open_directory(str(path))
    yield path, fd
    os.close(fd)


@pytest.mark.root
def test_what_is_put_back_from_an_archive_is_a_copy(
    on_disk: tuple[Path, int], tmp_path: Path
) -> None:
    path, fd = on_disk
    mark_file.write(fd, MARK)
    archive = str(tmp_path / "data.tar")
    for _ in range(5):
        subprocess.run(["tar", "cf", archive, "data"], cwd=path.parent, check=True)
        shutil.rmtree(path)
        subprocess.run(["tar", "xf", archive], cwd=path.parent, check=True)

        assert read_at(path).case == COPY


@pytest.mark.root
def test_the_use_of_an_inode_counts_where_both_have_been_told(
    on_disk: tuple[Path, int],
) -> None:
    path, fd = on_disk
    written = mark_file.write(fd, MARK)
    assert written.inode >> 64
    for field in ("inode", "directory"):
        for change in (1 << 64, 1):
            other = replace(written, **{field: getattr(written, field) ^ change})
            (path / FILE).write_bytes(encode(other))
            assert read_at(path).case == COPY

    plain = replace(written, inode=written.inode & (1 << 64) - 1)
    (path / FILE).write_bytes(encode(plain))
    assert read_at(path).case == GOOD


def test_a_mark_that_could_not_be_read_again_is_not_written(
    where: Path, dir_fd: int
) -> None:
    mark_file.write(dir_fd, MARK)
    with pytest.raises(ValueError, match="could not be read again"):
        mark_file.write(dir_fd, replace(MARK, since="a\nb"))

    assert read_at(where).case == GOOD
    assert os.listdir(where) == [FILE]


def test_what_cannot_be_read_is_not_missing(where: Path) -> None:
    (where / FILE).symlink_to(where / "elsewhere")

    with pytest.raises(OSError, match="it is a symbolic link"):
        read_at(where)


def test_generations_differ() -> None:
    made = {mark_file.new_generation() for _ in range(100)}

    assert len(made) == 100
    assert {len(one) for one in made} == {32}


def test_a_killed_writer_leaves_the_old_or_the_new_mark(
    where: Path, dir_fd: int, tmp_path: Path
) -> None:
    seen: Counter[str] = Counter()
    struck = Struck(
        lambda: mark_file.write(dir_fd, MARK.to("ALONE", 4)), tmp_path / "log"
    )
    for at, _ in struck.everywhere(KILLED, lambda: mark_file.write(dir_fd, MARK)):
        found = mark_file.settle(dir_fd, "server1", "7000")
        assert found.case == GOOD, at
        assert found.mark is not None
        seen[found.mark.state] += 1
        mark_file.write(dir_fd, MARK)
        assert os.listdir(where) == [FILE], at
    assert seen["PAIR"] > 3
    assert seen["ALONE"] > 0


def test_a_mark_that_may_be_either_is_told_apart(
    where: Path, dir_fd: int, tmp_path: Path
) -> None:
    struck = Struck(
        lambda: mark_file.write(dir_fd, MARK.to("ALONE", 4)), tmp_path / "log"
    )
    old = lambda: mark_file.write(dir_fd, MARK)  # noqa: E731
    for at, ended in struck.everywhere("error=EIO", old):
        found = read_at(where)
        assert found.mark is not None
        want = "Unsure" if found.mark.state == "ALONE" else "OSError"
        assert ended == f"{want} {errno.EIO}", at
