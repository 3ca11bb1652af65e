"""A postmaster.pid as a power cut leaves it: removed where nobody can own it, else refused."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.os_user import OsUser, plain_environment
from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from tests.fix_disk import move
from tests.fix_postgres import MakeServer
from tests.fix_resource import ONLINE, MakeResource, Resource
from tests.postgres.online_runs import nothing_is_left, online

BROKEN = {
    "empty": b"",
    "a page of NULs": b"\0" * 8192,
    "no number": b"garbage\nmore\n",
    "blank lines": b"\n\n\n",
    "no text": bytes(range(128, 256)),
}
REMOVED = "named no process, and is removed"


def put(resource: Resource, content: bytes) -> Path:
    """Write postmaster.pid as the OS user's."""
    path = resource.server.data / "postmaster.pid"
    path.write_bytes(content)
    path.chmod(0o600)
    resource.server.user.own(path)
    return path


def copy_of(resource: Resource) -> Path:
    return resource.work / "postmaster.pid.broken"


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_it_is_removed_with_a_copy_and_said(
    resource: Resource, os_user: OsUser, content: bytes
) -> None:
    written = put(resource, content).stat().st_mtime_ns
    result = resource.online()

    assert result.returncode == 0, result.stderr
    assert resource.check() == ONLINE
    assert resource.server.pid() is not None
    assert REMOVED in result.stderr
    assert REMOVED in resource.trace()
    kept = copy_of(resource)
    assert kept.read_bytes() == content
    found = kept.stat()
    assert (found.st_uid, found.st_mtime_ns) == (os_user.uid, written)
    assert stat.S_IMODE(found.st_mode) == 0o600


@pytest.mark.one_postgres
def test_the_next_one_takes_the_place_of_the_first_copy(resource: Resource) -> None:
    put(resource, b"first\n")
    online(resource)
    assert resource.offline().returncode == 0
    put(resource, b"second\n")
    online(resource)

    assert copy_of(resource).read_bytes() == b"second\n"


@pytest.mark.one_postgres
def test_killed_at_any_instant(resource: Resource) -> None:
    for delay in (0.04 * step for step in range(1, 7)):
        path = put(resource, b"garbage\n")
        running = resource.start("pgx_online", resource.name)
        time.sleep(delay)
        kill(running.pid)
        running.communicate(timeout=60)
        wait_until(lambda: _script_is_gone(resource), "its worker has ended")

        assert path.exists() or copy_of(resource).read_bytes() == b"garbage\n"
        online(resource)
        assert copy_of(resource).read_bytes() == b"garbage\n"
        assert resource.offline().returncode == 0
        copy_of(resource).unlink()


def _script_is_gone(resource: Resource) -> bool:
    """Whether nobody holds the transition lock."""
    from pgx_base import locks
    from pgx_pclrsc.core import names

    fd = os.open(resource.work / names.TRANSITION_LOCK, os.O_RDONLY)
    try:
        return not locks.is_held(fd, locks.EXCLUSIVE)
    finally:
        os.close(fd)


# --- what PostgreSQL reads a PID in is not broken ---------------------------------


@pytest.mark.parametrize("behind", [b"", b"\n", b"garbage\n", b"\n\xff\xfe\0\0\n"])
@pytest.mark.parametrize("whose", ["nobody's", "an innocent process's"])
def test_a_stale_pid_with_garbage_behind_it(
    resource: Resource, os_user: OsUser, whose: str, behind: bytes
) -> None:
    innocent = subprocess.Popen(
        ["sleep", "600"], cwd="/", start_new_session=True, **os_user.popen_options()
    )
    try:
        if whose == "nobody's":
            innocent.kill()
            innocent.wait()
        put(resource, str(innocent.pid).encode() + behind)
        result = resource.online()

        assert result.returncode == 0, result.stderr
        assert REMOVED not in result.stderr
        assert not copy_of(resource).exists()
        assert whose == "nobody's" or innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


# --- where somebody may own it ----------------------------------------------------


def is_spared(resource: Resource, why: str, *options: str) -> None:
    path = resource.server.data / "postmaster.pid"
    before = path.read_bytes()
    result = resource.run("pgx_online", *options, resource.name, limit=90)

    assert result.returncode == 1, result.stderr
    assert "was not removed: " in result.stderr
    assert why in result.stderr
    assert path.read_bytes() == before
    nothing_is_left(resource)


@pytest.mark.root
@pytest.mark.one_postgres
def test_a_file_system_that_may_be_mounted_elsewhere(
    make_server: MakeServer, make_resource: MakeResource, open_tmp: Path
) -> None:
    point = open_tmp / "mnt"
    point.mkdir()
    subprocess.run(["mount", "-t", "ramfs", "none", point], check=True)
    try:
        resource = _empty_on(point, make_server, make_resource)

        is_spared(resource, "may have its file system (ramfs) mounted")
    finally:
        subprocess.run(["umount", "-l", point], check=True)


def _empty_on(
    point: Path, make_server: MakeServer, make_resource: MakeResource
) -> Resource:
    """Return a resource at *point* whose postmaster.pid is empty."""
    server = make_server()
    server.data = move(server.data, point / "data")
    resource = make_resource(server)
    put(resource, b"")
    return resource


@pytest.mark.root
@pytest.mark.one_postgres
def test_an_overlay_shares_no_locks(
    make_server: MakeServer, make_resource: MakeResource, open_tmp: Path
) -> None:
    point = open_tmp / "mnt"
    for name in ("mnt", "lower", "upper", "work"):
        (open_tmp / name).mkdir()
    where = ",".join(f"{n}dir={open_tmp / n}" for n in ("lower", "upper", "work"))
    mounted = subprocess.run(["mount", "-t", "overlay", "-o", where, "none", point])
    if mounted.returncode:
        pytest.skip("this kernel mounts no overlay")
    try:
        resource = _empty_on(point, make_server, make_resource)

        is_spared(resource, "may have its file system (overlay) mounted")
    finally:
        subprocess.run(["umount", "-l", point], check=True)


_ATTACHED = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
shmid = libc.shmget(int(sys.argv[1]), 56, 0o1600)
if os.fork() == 0:
    assert libc.shmat(shmid, None, 0) != ctypes.c_void_p(-1).value
    print(shmid, os.getpid(), flush=True)
    os.read(0, 1)
"""


@pytest.fixture
def attached(server: Server) -> Iterator[str]:
    """Shared memory with the data directory's key, which its maker's child has attached."""
    inode = server.data.stat().st_ino
    process = subprocess.Popen(
        ["/usr/bin/env", "python3", "-c", _ATTACHED, str(inode)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd="/",
        env=plain_environment(server.user.name),
        **server.user.popen_options(),
    )
    assert process.stdout is not None
    shmid, pid = process.stdout.readline().decode().split()
    process.wait(timeout=60)
    yield shmid
    assert process.stdin is not None
    process.stdin.close()
    process.stdout.close()
    kill(int(pid))
    wait_until(lambda: gone(int(pid)), "it is gone")
    subprocess.run(["ipcrm", "-m", shmid], stderr=subprocess.DEVNULL)


@pytest.mark.one_postgres
def test_shared_memory_that_may_be_the_instances(
    make_resource: MakeResource, server: Server, attached: str
) -> None:
    resource = make_resource(server)
    put(resource, b"")

    is_spared(resource, f"shared memory {attached} may be the instance's")


@pytest.mark.one_postgres
def test_shared_memory_of_another_server(
    make_server: MakeServer, make_resource: MakeResource
) -> None:
    other = make_server("other")
    pid = other.start_plain()
    resource = make_resource(make_server("data"))
    put(resource, b"")
    online(resource)

    assert not gone(pid)


@pytest.mark.one_postgres
def test_past_the_guard_nothing_is_removed(
    make_resource: MakeResource, server: Server
) -> None:
    resource = make_resource(server)
    put(resource, b"")
    fd = os.open(server.data / "PG_VERSION", os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)

        is_spared(resource, "could not be locked", "--break-guard")
    finally:
        os.close(fd)


@pytest.mark.one_postgres
def test_without_a_copy_nothing_is_removed(resource: Resource, os_user: OsUser) -> None:
    put(resource, b"")
    (copy_of(resource) / "something").mkdir(parents=True)
    os_user.own(copy_of(resource))

    is_spared(resource, "postmaster.pid.broken")


@pytest.mark.one_postgres
def test_a_server_that_lives_is_no_matter_of_its_file(resource: Resource) -> None:
    pid = resource.server.start_plain()
    put(resource, b"")
    result = resource.online()

    assert result.returncode == 0, result.stderr
    assert REMOVED not in result.stderr or gone(pid)
