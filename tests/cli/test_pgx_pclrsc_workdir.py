"""The work directory: where it may be, who makes it, and what nobody can make root do."""

from __future__ import annotations

import os

import pytest

from fixtures.os_user import OsUser
from pgx_base import trace
from pgx_pclrsc.core import names
from pgx_postgres import identity
from tests.fix_registry import Registry, mode, owner, refused

FILES = sorted(name for name, _ in names.PREALLOCATED)


def test_a_missing_one_is_made_for_the_os_user(
    registry: Registry, os_user: OsUser
) -> None:
    assert registry.add().returncode == 0

    assert mode(registry.work) == 0o700
    assert owner(registry.work) == (os_user.uid, os_user.gid)
    assert sorted(os.listdir(registry.work)) == FILES
    for name, size in names.PREALLOCATED:
        path = registry.work / name
        assert (mode(path), path.stat().st_size, owner(path)[0]) == (
            0o600,
            size,
            os_user.uid,
        )
        assert path.stat().st_blocks > 0
        assert path.read_bytes().strip() == b""


def test_one_that_is_there_is_taken_with_what_it_holds(
    registry: Registry, os_user: OsUser
) -> None:
    registry.work.mkdir(mode=0o700)
    (registry.work / names.RECORD).write_bytes(b"x" * 512)
    (registry.work / names.MONITOR_LOCK).write_bytes(b"half")
    (registry.work / trace.FILE).write_text("old")
    for path in (registry.work, *registry.work.iterdir()):
        os_user.own(path)
    inode = (registry.work / names.RECORD).stat().st_ino

    assert registry.add().returncode == 0
    assert (registry.work / names.RECORD).read_bytes() == b"x" * 512
    assert (registry.work / names.RECORD).stat().st_ino == inode
    assert (registry.work / names.MONITOR_LOCK).read_bytes() == b"half".ljust(
        names.LOCK_SIZE - 1
    ) + b"\n"
    assert (registry.work / trace.FILE).read_text() == "old"


def test_an_identity_is_forgotten(registered: Registry, os_user: OsUser) -> None:
    found = registered.work / identity.FILE
    found.write_text("1234")
    os_user.own(found)
    assert registered.run("-d", "-c", "pg1").returncode == 0
    assert found.exists()

    assert registered.add().returncode == 0
    assert sorted(os.listdir(registered.work)) == FILES


def test_an_identity_stays_where_registering_fails(
    registry: Registry, os_user: OsUser
) -> None:
    registry.work.mkdir(mode=0o700)
    (registry.work / identity.FILE).write_text("1234")
    (registry.work / names.TRANSITION_LOCK).mkdir()
    for path in (registry.work, *registry.work.iterdir()):
        os_user.own(path)

    refused(registry, registry.add(), "could not write file")
    assert sorted(os.listdir(registry.work)) == [identity.FILE, names.TRANSITION_LOCK]
    assert registry.names() == []


def test_a_missing_parent_is_named(registry: Registry) -> None:
    parent = registry.home / "missing"
    result = registry.add({"-w": parent / "work"})

    refused(
        registry,
        result,
        f'parent directory "{parent}" of the work directory is not there',
    )
    assert not parent.exists()


def test_a_parent_that_is_a_file_is_named(registry: Registry) -> None:
    (registry.home / "file").write_text("")
    result = registry.add({"-w": registry.home / "file" / "work"})

    refused(
        registry,
        result,
        f'parent "{registry.home}/file" of the work directory is not a',
    )


def test_a_file_is_refused(registry: Registry) -> None:
    registry.work.write_text("mine")

    refused(
        registry, registry.add(), f'work directory "{registry.work}" is not a directory'
    )
    assert registry.work.read_text() == "mine"


def test_a_link_is_refused(registry: Registry, os_user: OsUser) -> None:
    target = registry.home / "target"
    target.mkdir(mode=0o700)
    os_user.own(target)
    registry.work.symlink_to(target)

    refused(registry, registry.add(), "is a symbolic link")
    assert os.listdir(target) == []


@pytest.mark.parametrize("wrong", [0o777, 0o750, 0o701, 0o1777])
def test_one_open_to_others_is_refused(
    registry: Registry, os_user: OsUser, wrong: int
) -> None:
    registry.work.mkdir()
    os_user.own(registry.work)
    registry.work.chmod(wrong)

    refused(registry, registry.add(), "has group or world access")
    assert mode(registry.work) == wrong
    assert os.listdir(registry.work) == []


@pytest.mark.root
@pytest.mark.parametrize("uid", [0, 1])
def test_one_of_another_user_is_refused_and_not_re_owned(
    registry: Registry, uid: int
) -> None:
    registry.work.mkdir(mode=0o700)
    os.chown(registry.work, uid, uid)

    refused(registry, registry.add(), "has wrong ownership")
    assert owner(registry.work) == (uid, uid)


def test_one_inside_the_data_directory_is_refused(registry: Registry) -> None:
    data = registry.home / "data"
    data.mkdir()
    (registry.home / "link").symlink_to(data)
    for work in (data, data / "work", registry.home / "link" / "work"):
        refused(
            registry, registry.add({"-D": data, "-w": work}), "is inside data directory"
        )
    refused(
        registry,
        registry.add({"-D": registry.home / "link", "-w": data / "work"}),
        "is inside data directory",
    )
    assert os.listdir(data) == []


def test_one_beside_the_data_directory_is_warned_of(registry: Registry) -> None:
    data = registry.home / "data"
    data.mkdir()
    result = registry.add({"-D": data})

    assert result.returncode == 0
    assert "warning: work directory" in result.stderr
    assert "is on the file system of the data directory" in result.stderr


def test_a_fifo_or_link_in_a_files_place_is_refused(
    registry: Registry, os_user: OsUser
) -> None:
    registry.work.mkdir(mode=0o700)
    os_user.own(registry.work)
    precious = registry.root.parent
    precious.mkdir()
    (precious / "precious").write_text("")
    record = registry.work / names.RECORD

    record.symlink_to(precious / "precious")
    refused(registry, registry.add(), "could not write file")
    record.unlink()
    os.mkfifo(record)
    os_user.own(record)
    refused(registry, registry.add(), "could not write file")
    assert (precious / "precious").read_text() == ""
    assert os.listdir(registry.work) == [names.RECORD]


def test_a_link_to_a_file_of_the_os_user_is_refused_too(
    registry: Registry, os_user: OsUser
) -> None:
    registry.work.mkdir(mode=0o700)
    (registry.home / "diary").write_text("")
    (registry.work / names.RECORD).symlink_to(registry.home / "diary")
    for path in (registry.work, registry.home / "diary"):
        os_user.own(path)

    refused(registry, registry.add(), "could not write file")
    assert (registry.home / "diary").read_text() == ""


def test_a_parent_that_the_os_user_may_not_write_to_is_refused(
    registry: Registry,
) -> None:
    """Its parent, /tmp, is open to everybody, so root does not make it either."""
    closed = registry.root.parent / "closed"
    closed.mkdir(parents=True, mode=0o755)
    if os.geteuid() != 0:
        closed.chmod(0o555)

    refused(
        registry,
        registry.add({"-w": closed / "work"}),
        "could not create work directory",
    )
    assert os.listdir(closed) == []
