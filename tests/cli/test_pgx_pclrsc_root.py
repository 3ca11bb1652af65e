"""The work directory and root: what root makes, and what nobody can make it do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.os_user import OsUser
from pgx_pclrsc.core import names
from tests.fix_registry import Registry, Result, mode, owner, refused

FILES = sorted(name for name, _ in names.PREALLOCATED)


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
    assert result.stdout.split() == [names.LOCK, "full"]
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


HOLDS = """
import fcntl, os, sys, time
for path in sys.argv[1:]:
    try:
        fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX)
    except PermissionError:
        pass
print("held", flush=True)
time.sleep(100)
"""


@pytest.mark.root
def test_an_os_user_that_locks_all_that_it_can_open_holds_no_change_up(
    registered: Registry,
) -> None:
    paths = [registered.root, registered.root / names.LOCK, registered.root / "pg1"]
    line = [sys.executable, "-c", HOLDS, *map(str, paths)]
    user = registered.user.popen_options()
    with subprocess.Popen(line, stdout=subprocess.PIPE, **user) as holder:
        try:
            assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
            result = registered.run("-m", "-c", "pg1", "--watch-interval=4")
        finally:
            holder.kill()
    assert (result.returncode, result.stderr) == (0, "")
