"""The work directory: where it may be, who makes it, and what nobody can make root do."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.os_user import OsUser
from pgx_pclrsc import names
from tests.fix_registry import Registry, Result, mode

FILES = sorted(name for name, _ in names.PREALLOCATED)


def owner(path: Path) -> tuple[int, int]:
    """Return who owns *path* itself."""
    found = path.lstat()
    return found.st_uid, found.st_gid


def refused(registry: Registry, result: Result, said: str) -> None:
    """Assert that *result* is a refusal that says *said*, and that nothing was written."""
    assert result.returncode == 1
    assert said in result.stderr
    assert registry.run("-p").stdout == ""
    assert "Traceback" not in result.stderr


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
    (registry.work / names.TRACE).write_text("old")
    for path in (registry.work, *registry.work.iterdir()):
        os_user.own(path)
    inode = (registry.work / names.RECORD).stat().st_ino

    assert registry.add().returncode == 0
    assert (registry.work / names.RECORD).read_bytes() == b"x" * 512
    assert (registry.work / names.RECORD).stat().st_ino == inode
    assert (
        registry.work / names.MONITOR_LOCK
    ).read_bytes() == b"half" + b" " * 59 + b"\n"
    assert (registry.work / names.TRACE).read_text() == "old"


def test_an_identity_is_forgotten(registered: Registry, os_user: OsUser) -> None:
    identity = registered.work / names.IDENTITY
    identity.write_text("1234")
    os_user.own(identity)
    assert registered.run("-d", "-c", "pg1").returncode == 0
    assert identity.exists()

    assert registered.add().returncode == 0
    assert sorted(os.listdir(registered.work)) == FILES


def test_an_identity_stays_where_registering_fails(
    registry: Registry, os_user: OsUser
) -> None:
    registry.work.mkdir(mode=0o700)
    (registry.work / names.IDENTITY).write_text("1234")
    (registry.work / names.TRANSITION_LOCK).mkdir()
    for path in (registry.work, *registry.work.iterdir()):
        os_user.own(path)

    refused(registry, registry.add(), "could not write file")
    assert sorted(os.listdir(registry.work)) == [names.IDENTITY, names.TRANSITION_LOCK]
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


@pytest.mark.root
def test_root_makes_it_where_all_parents_are_roots(
    registry: Registry, roots_own: Path, os_user: OsUser
) -> None:
    work = roots_own / "work"

    assert registry.add({"-w": work}).returncode == 0
    assert (mode(work), owner(work)) == (0o700, (os_user.uid, os_user.gid))
    assert os.listdir(roots_own) == ["work"]
    assert registry.is_whole()


@pytest.mark.root
def test_a_run_that_was_killed_does_not_stand_in_the_way(
    registry: Registry, roots_own: Path
) -> None:
    (roots_own / ".pgx_pclrsc.work").mkdir(mode=0o700)

    assert registry.add({"-w": roots_own / "work"}).returncode == 0
    assert os.listdir(roots_own) == ["work"]


@pytest.mark.root
def test_what_root_made_is_taken_back(registry: Registry, roots_own: Path) -> None:
    """The registry's file system is full: neither resource nor work directory stay."""
    registry.root.mkdir(parents=True)
    setup = f"""
        mount -t tmpfs -o size=4k,mode=755 none {registry.root}
        head -c 65536 /dev/zero >{registry.root}/full 2>/dev/null
    """
    result = in_namespace(
        registry,
        setup,
        ["-a", *registry.options({"-w": roots_own / "work"})],
        registry.root,
    )

    assert result.returncode == 1
    assert "error: could not write definition: No space left on device" in result.stderr
    assert result.stdout.split() == ["full"]
    assert os.listdir(roots_own) == []


def in_namespace(
    registry: Registry, setup: str, arguments: list[str], shown: Path
) -> Result:
    """Run pgx_pclrsc with mounts of its own, then list *shown*."""
    script = f'{setup}\n"$@"\nstatus=$?\nls -A {shown}\nexit $status'
    words = [command("pgx_pclrsc"), *arguments]
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *words],
        env=registry.environment(),
        text=True,
        capture_output=True,
        timeout=60,
    )


@pytest.mark.root
def test_a_full_file_system_is_an_error_and_nothing_stays(
    registry: Registry, os_user: OsUser
) -> None:
    setup = f"""
        mount -t tmpfs -o size=4k,mode=700,uid={os_user.uid} none {registry.home}
        head -c 65536 /dev/zero >{registry.home}/full 2>/dev/null
    """
    result = in_namespace(registry, setup, ["-a", *registry.options({})], registry.home)

    assert result.returncode == 1
    assert re.search(
        "could not write file .*/record.: No space left on device", result.stderr
    )
    assert result.stdout.split() == ["full"]
    assert registry.names() == []


@pytest.mark.root
def test_a_full_file_system_is_no_error_where_the_files_are_there(
    registered: Registry, os_user: OsUser
) -> None:
    assert registered.run("-d", "-c", "pg1").returncode == 0
    setup = f"""
        cp -a {registered.work} {registered.root}/copy
        mount -t tmpfs -o size=16k,mode=700,uid={os_user.uid} none {registered.home}
        mv {registered.root}/copy {registered.work}
        head -c 65536 /dev/zero >{registered.home}/full 2>/dev/null
    """
    result = in_namespace(
        registered, setup, ["-a", *registered.options({})], registered.work
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.split("\n", 1)[1].split() == FILES


@pytest.mark.root
@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("fstab", "/dev/sdx1 {} ext4 noauto 0 0"),
        ("fstab.pcl", "#RMS#/dev/sdx1 {} ext4 noauto 0 0"),
        ("fstab.pcl", "#RMS:APP1#/dev/sdx1 {} ext4 defaults 0 0"),
        ("fstab.pcl", "/dev/sdx1 {}/ ext4 rw,noauto 0 0"),
    ],
)
@pytest.mark.parametrize("through_link", [False, True])
def test_one_on_a_switched_file_system_is_refused(
    registry: Registry, os_user: OsUser, file: str, line: str, through_link: bool
) -> None:
    shared = registry.home / "shared"
    shared.mkdir()
    os_user.own(shared)
    (registry.home / "link").symlink_to(shared)
    work = (registry.home / "link" if through_link else shared) / "work"
    setup = f"""
        cp -a /etc {registry.home}/etc
        echo '{line.format(shared)}' >>{registry.home}/etc/{file}
        mount --bind {registry.home}/etc /etc
    """
    result = in_namespace(
        registry, setup, ["-a", *registry.options({"-w": work})], shared
    )

    assert result.returncode == 1
    assert f'work directory "{work}" is not on a local file system' in result.stderr
    assert f'/etc/{file} has mount point "{shared}' in result.stderr
    assert result.stdout == ""


@pytest.mark.root
def test_no_link_leads_root_out_of_the_os_users_home(
    registry: Registry, roots_own: Path
) -> None:
    (registry.home / "link").symlink_to(roots_own)
    result = registry.add({"-w": registry.home / "link" / "work"})

    refused(registry, result, "could not create work directory")
    assert os.listdir(roots_own) == []


@pytest.mark.root
def test_root_follows_no_link_even_of_its_own(
    registry: Registry, roots_own: Path
) -> None:
    (roots_own / "real").mkdir(mode=0o755)
    (roots_own / "link").symlink_to(roots_own / "real")
    result = registry.add({"-w": roots_own / "link" / "work"})

    refused(registry, result, "could not create work directory")
    assert os.listdir(roots_own / "real") == []


@pytest.mark.root
def test_a_parent_that_changes_all_the_time_leads_root_nowhere(
    registry: Registry, roots_own: Path, os_user: OsUser
) -> None:
    """The OS user swaps a directory of its own against a link into a directory of root's."""
    swap, real, link = (registry.home / name for name in ("swap", "real", "link"))
    done = threading.Event()

    def change() -> None:
        while not done.is_set():
            real.mkdir(exist_ok=True)
            os_user.own(real)
            real.rename(swap)
            swap.rename(real)
            link.symlink_to(roots_own)
            link.rename(swap)
            swap.unlink()

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for number in range(15):
            registry.add({"-c": f"pg{number}", "-w": swap / f"work{number}"})
            assert os.listdir(roots_own) == []
    finally:
        done.set()
        thread.join()
    assert owner(roots_own) == (0, 0)


@pytest.mark.root
def test_a_group_writable_parent_is_not_roots_alone(
    registry: Registry, roots_own: Path, os_user: OsUser
) -> None:
    roots_own.chmod(0o775)
    os.chown(roots_own, 0, os_user.gid + 1)
    result = registry.add({"-w": roots_own / "work"})

    refused(registry, result, "not writable by root alone")
    assert os.listdir(roots_own) == []
