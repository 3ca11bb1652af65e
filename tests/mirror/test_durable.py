"""What is written durably is the old or the new file, at whatever call the writer is struck."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections import Counter
from pathlib import Path

import pytest

from fixtures.os_user import OsUser
from pgx_mirror.data import durable, steps
from tests.mirror.struck import KILLED, Struck
from tests.mirror.struck import ended as came_to


def put(where: Path) -> None:
    """Put the old file there, of no usual mode."""
    file = where / "file"
    file.write_bytes(b"old and longer")
    file.chmod(0o640)


def test_a_new_file_is_as_postgresqls_own(where: Path, dir_fd: int) -> None:
    durable.write(dir_fd, "one", b"1")
    where.chmod(0o750)
    durable.write(dir_fd, "two", lambda fd: str(os.fstat(fd).st_ino).encode())

    assert stat.S_IMODE((where / "one").stat().st_mode) == 0o600
    assert stat.S_IMODE((where / "two").stat().st_mode) == 0o640
    assert (where / "two").read_text() == str((where / "two").stat().st_ino)


def test_mode_and_attributes_stay(where: Path, dir_fd: int) -> None:
    put(where)
    name, attributes = "user.pgx", []
    try:
        os.setxattr(where / "file", name, b"kept")
        attributes = [name]
    except OSError as ex:
        assert ex.errno == errno.ENOTSUP  # by this file system

    durable.write(dir_fd, "file", b"new")

    assert (where / "file").read_bytes() == b"new"
    assert stat.S_IMODE((where / "file").stat().st_mode) == 0o640
    assert name not in attributes or os.getxattr(where / "file", name) == b"kept"


@pytest.mark.root
def test_the_owner_stays(where: Path, dir_fd: int) -> None:
    put(where)
    os.chown(where / "file", 12345, 54321)

    durable.write(dir_fd, "file", b"new")

    found = (where / "file").stat()
    assert (found.st_uid, found.st_gid) == (12345, 54321)
    assert stat.S_IMODE(found.st_mode) == 0o640


@pytest.mark.root
def test_a_group_that_the_user_is_not_of_holds_nothing_up(
    where: Path, dir_fd: int, os_user: OsUser
) -> None:
    """Who replaces postgresql.conf as root may give it such a one at any time."""
    put(where)
    os.chown(where, os_user.uid, os_user.gid)
    os.chown(where / "file", os_user.uid, 54321)

    assert came_to(lambda: durable.write(dir_fd, "file", b"new"), os_user) == "done"

    found = (where / "file").stat()
    assert (found.st_uid, found.st_gid) == (os_user.uid, os_user.gid)
    assert stat.S_IMODE(found.st_mode) == 0o600


@pytest.mark.parametrize("kind", ["link", "directory", "fifo"])
def test_what_is_no_file_is_left_alone(
    where: Path, dir_fd: int, tmp_path: Path, kind: str
) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"another's")
    if kind == "link":
        (where / "file").symlink_to(target)
    elif kind == "fifo":
        os.mkfifo(where / "file")
    else:
        (where / "file").mkdir()

    for action in (durable.read, durable.settle):
        with pytest.raises(OSError, match="it is a "):
            action(dir_fd, "file")
    with pytest.raises(OSError, match="it is a "):
        durable.write(dir_fd, "file", b"new")

    assert target.read_bytes() == b"another's"
    assert os.listdir(where) == ["file"]


def test_a_link_in_the_place_of_the_temporary_is_not_followed(
    where: Path, dir_fd: int, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"another's")
    (where / f"file{durable.BESIDE}").symlink_to(target)

    durable.write(dir_fd, "file", b"new")

    assert target.read_bytes() == b"another's"
    assert os.listdir(where) == ["file"]


def test_a_writer_waits_for_another(where: Path, dir_fd: int) -> None:
    with steps.locked(dir_fd) as lock_fd:
        other_fd = steps.open_directory(str(where))
        with pytest.raises(BlockingIOError):
            fcntl.flock(other_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.fsync(lock_fd)
    fcntl.flock(other_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other_fd)


def test_a_killed_writer_leaves_the_old_or_the_new_file(
    where: Path, tmp_path: Path, dir_fd: int
) -> None:
    seen: Counter[bytes] = Counter()
    struck = Struck(lambda: durable.write(dir_fd, "file", b"new"), tmp_path / "log")
    for at, ended in struck.everywhere(KILLED, lambda: put(where)):
        found = (where / "file").read_bytes()
        seen[found] += 1
        durable.write(dir_fd, "file", b"again")

        assert ended == "", at
        assert found in (b"old and longer", b"new"), at
        assert (where / "file").read_bytes() == b"again"
        assert stat.S_IMODE((where / "file").stat().st_mode) == 0o640
        assert os.listdir(where) == ["file"], at
    assert seen[b"old and longer"] >= 5
    assert seen[b"new"] >= 1


@pytest.mark.parametrize("name", ["EIO", "ENOSPC", "EROFS"])
def test_an_error_at_any_call_is_raised(
    where: Path, dir_fd: int, tmp_path: Path, name: str
) -> None:
    number = getattr(errno, name)
    seen: Counter[str] = Counter()
    struck = Struck(lambda: durable.write(dir_fd, "file", b"new"), tmp_path / "log")
    for at, ended in struck.everywhere(f"error={name}", lambda: put(where)):
        found = (where / "file").read_bytes()
        word, told = ended.split()
        seen[word] += 1

        assert int(told) == number, at
        assert found == (b"new" if word == "Unsure" else b"old and longer"), at
        left = [file for file in os.listdir(where) if file != "file"]
        assert not left or "unlink" in at, (at, left)
    assert seen["Unsure"] == 1, "the directory's own fsync, and no other call"
    assert sum(seen.values()) >= 6


def test_what_was_left_is_settled(where: Path, dir_fd: int, tmp_path: Path) -> None:
    put(where)
    durable.settle(dir_fd, "file")

    struck = Struck(lambda: durable.settle(dir_fd, "file"), tmp_path / "log")
    for at, ended in struck.everywhere("error=EIO", lambda: None):
        word = "OSError" if at.startswith("flock") else "Unsure"
        assert ended == f"{word} {errno.EIO}", at
    with pytest.raises(FileNotFoundError):
        durable.settle(dir_fd, "none")
