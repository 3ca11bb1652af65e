"""The reserve is taken, spent file by file where there is no room, and taken again."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pgx_mirror.core.judged import GOOD
from pgx_mirror.core.mark import PAIR, Mark
from pgx_mirror.data import (
    conf_file,
    mark_file,
    reserve,
    steps,
)
from tests.mirror.struck import KILLED, Struck

MARK = Mark("server1", "a" * 32, "7000", 3, PAIR)


def test_it_is_taken_once_and_again_when_it_was_touched(
    where: Path, dir_fd: int
) -> None:
    assert not reserve.is_whole(dir_fd)
    reserve.take(dir_fd)
    assert reserve.is_whole(dir_fd)
    before = {path.name: path.stat() for path in where.iterdir()}
    assert sum(there.st_size for there in before.values()) == 64 << 10

    reserve.take(dir_fd)
    assert {path.name: path.stat() for path in where.iterdir()} == before

    os.truncate(where / reserve.FILE, 1000)
    assert not reserve.is_whole(dir_fd)
    reserve.take(dir_fd)
    assert reserve.is_whole(dir_fd)

    reserve.give_up(dir_fd)
    assert os.listdir(where) == []


def test_what_was_cut_by_a_killed_run_has_still_its_blocks(
    where: Path, dir_fd: int, tmp_path: Path
) -> None:
    mark_file.write(dir_fd, MARK)
    reserve.take(dir_fd)
    os.truncate(where / f"{reserve.FILE}.mark", 10)
    struck = Struck(
        lambda: mark_file.write(dir_fd, MARK.to("ALONE", 4)), tmp_path / "log"
    )

    assert struck.run("pwrite64:error=ENOSPC:when=1") == "done"
    assert set(os.listdir(where)) == {"pgx_mirror.mark", reserve.FILE}


def test_a_link_in_its_place_is_not_followed(
    where: Path, dir_fd: int, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.write_bytes(bytes(60 << 10))
    (where / reserve.FILE).symlink_to(target)

    assert reserve.files_of(dir_fd) == []
    assert not reserve.is_whole(dir_fd)
    reserve.take(dir_fd)

    assert reserve.is_whole(dir_fd)
    assert target.read_bytes() == bytes(60 << 10)


def test_it_lies_where_the_conf_really_is(
    where: Path, dir_fd: int, tmp_path: Path
) -> None:
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "main.conf").write_bytes(b"port = 1\n")
    (where / "postgresql.conf").symlink_to(etc / "main.conf")

    conf_file.take_reserve(dir_fd)

    etc_fd = steps.open_directory(str(etc))
    assert reserve.is_whole(dir_fd)
    assert reserve.is_whole(etc_fd)
    os.close(etc_fd)


def test_killed_while_it_is_taken_it_is_taken_again(
    where: Path, dir_fd: int, tmp_path: Path
) -> None:
    struck = Struck(lambda: reserve.take(dir_fd), tmp_path / "log")
    for at, _ in struck.everywhere(KILLED, lambda: reserve.give_up(dir_fd)):
        reserve.take(dir_fd)
        assert reserve.is_whole(dir_fd), at
        assert sorted(os.listdir(where)) == sorted(reserve.SIZES), at


@pytest.mark.parametrize(
    ("refused", "ended", "left"),
    [
        ("1", "done", {reserve.FILE}),  # into the small file's place
        ("1..2", "done", {f"{reserve.FILE}.mark"}),
        ("1..3", "done", set()),  # given up, and there is room
        ("1+1", f"OSError {errno.ENOSPC}", set()),
    ],
)
def test_it_is_spent_file_by_file_and_then_given_up(
    where: Path, dir_fd: int, tmp_path: Path, refused: str, ended: str, left: set[str]
) -> None:
    mark_file.write(dir_fd, MARK)
    reserve.take(dir_fd)
    struck = Struck(
        lambda: mark_file.write(dir_fd, MARK.to("ALONE", 4)), tmp_path / "log"
    )

    got = struck.run(f"pwrite64:error=ENOSPC:when={refused}")

    found = mark_file.read(dir_fd, "server1", "7000")
    assert got == ended
    assert found.case == GOOD
    assert found.mark is not None
    assert found.mark.state == ("ALONE" if ended == "done" else "PAIR")
    assert set(os.listdir(where)) == {"pgx_mirror.mark"} | left
