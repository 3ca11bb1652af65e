"""pgx_offline, and pgx_online, where the work directory's file system hangs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.disk import Disk
from fixtures.hung_disk import HungDisk
from fixtures.processes import gone, of_directory, wait_until
from fixtures.server import Server
from pgx_agent.script import lock
from pgx_base import locks
from pgx_pclrsc import runentry
from pgx_pclrsc.core import names
from tests.fix_disk import MakeDisk
from tests.fix_postgres import MakeServer
from tests.fix_resource import OFFLINE, OPTIONS, MakeResource, Resource
from tests.postgres.stopping import child

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]


@pytest.fixture
def frozen(make_disk: MakeDisk) -> Disk:
    """A file system for the work directory, to be frozen."""
    return make_disk("work")


@pytest.fixture
def on(frozen: Disk, open_tmp: Path) -> Iterator[Callable[[Server], Resource]]:
    """Return a function that registers a server, its work directory on that disk."""

    def register(server: Server) -> Resource:
        work = frozen.point / "work"
        resource = Resource("pgxtest", server, open_tmp / "registry", work)
        options = OPTIONS | {"bin_dir": server.binaries.directory}
        said = resource.register(**options | {"offline_timeout": 120})
        assert said.returncode == 0, said.stderr
        return resource

    yield register
    runentry.remove(str(open_tmp / "registry"), "pgxtest")


def test_a_frozen_work_directory(
    on: Callable[[Server], Resource], server: Server, frozen: Disk
) -> None:
    """The server is killed: it would hang over writing that it was asked to stop."""
    resource = on(server)
    assert resource.online().returncode == 0
    pid, monitor = resource.known().postmaster, resource.monitor()
    frozen.freeze()
    began = time.monotonic()
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert time.monotonic() - began < 60
    assert f'work directory "{resource.work}" does not answer' in result.stderr
    assert gone(pid)
    assert resource.check() == OFFLINE
    frozen.thaw()
    assert monitor is not None
    wait_until(lambda: gone(monitor), "the killed monitor is gone")
    wait_until(lambda: not of_directory(resource.work), "nobody is at it any more")
    assert resource.check() == OFFLINE
    assert resource.online().returncode == 0
    assert resource.offline().returncode == 0


def test_it_freezes_in_the_middle_of_the_stop(
    on: Callable[[Server], Resource], make_server: MakeServer, frozen: Disk
) -> None:
    server = make_server(archive_mode="on", archive_command="sleep 991")
    resource = on(server)
    assert resource.online().returncode == 0
    server.ask("select pg_switch_wal()", "postgres")
    archiver, pid = child(server, "archiver archiving"), server.pid()
    script = resource.start("pgx_offline", resource.name)
    wait_until(lambda: "checkpoint complete" in resource.server_log(), "it stops", 60)
    frozen.freeze()
    _, said = script.communicate(timeout=120)

    assert script.returncode == 0, said
    assert "does not answer" in said
    assert pid is not None
    assert gone(pid)
    assert gone(archiver)
    assert resource.check() == OFFLINE


def test_a_work_directory_that_answers_nothing_at_all(resource: Resource) -> None:
    """Not even a look, and nobody is in state D: so it is left alone."""
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    hung = HungDisk(resource.work)
    try:
        hung.mount()
        hung.hang()
        result = resource.offline()
        assert result.returncode == 0, result.stderr
        assert "From here on it is left alone." in result.stderr
        assert gone(pid)
    finally:
        hung.remove()


def test_online_needs_it_and_says_what_hangs(
    server: Server, make_resource: MakeResource
) -> None:
    short = make_resource(server, "short", online_timeout=10)
    hung = HungDisk(short.work)
    try:
        hung.mount()
        hung.hang()
        result = short.online()
        assert result.returncode == 1
        assert f'work directory "{short.work}" does not answer' in result.stderr
    finally:
        hung.remove()


def test_a_frozen_file_system_grants_the_transition_lock(frozen: Disk) -> None:
    """So that an Online waits also for an Offline that can write nothing."""
    file = frozen.point / names.TRANSITION_LOCK
    file.touch()
    frozen.freeze()
    # As on a node where nobody has looked there for long.
    Path("/proc/sys/vm/drop_caches").write_text("2")
    take = (
        "import sys, time; from pgx_agent.script import lock; "
        "from pgx_base import files; "
        "lock.acquire_unsigned(files.open_workdir(sys.argv[1]), 'offline', "
        "time.monotonic() + 9, lambda: None); print('had', flush=True); time.sleep(99)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", take, frozen.point], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "had\n"
        fd = file.open("rb")
        with fd:
            assert not _is_free(fd.fileno())
    finally:
        holder.kill()
        holder.communicate()


def _is_free(fd: int) -> bool:
    held = (locks.EXCLUSIVE, lock.BYTES["offline"])
    return not all(locks.is_held(fd, byte) for byte in held)
