"""A file name proves nothing: servers that are not called postgres, and others that are."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.os_user import OsUser
from fixtures.processes import children, gone, kill, wait_until
from fixtures.server import Server
from pgx_pclrsc import runentry
from pgx_pclrsc.core import names
from tests.fix_resource import OFFLINE, ONLINE, MakeResource, Resource
from tests.postgres.disguised import copied, started
from tests.postgres.online_runs import nothing_is_left, online


def _renamed(server: Server, where: Path) -> int:
    """As a patch does that keeps the old program aside."""
    program = copied(server, where)
    pid = started(server, program)
    program.rename(program.with_name("pg.old"))
    return pid


def _deleted(server: Server, where: Path) -> int:
    """As a package's update does."""
    program = copied(server, where)
    pid = started(server, program)
    program.unlink()
    return pid


def _of_a_packager(server: Server, where: Path) -> int:
    return started(server, copied(server, where, ".pg-wrapped"))


def _with_quiet_titles(server: Server, where: Path) -> int:
    server.configure(update_process_title="off", cluster_name="prod: main")
    return started(server, copied(server, where, "edb-server"))


DISGUISES = [
    _renamed,
    _deleted,
    _of_a_packager,
    _with_quiet_titles,
]
Disguise = Callable[[Server, Path], int]


@pytest.fixture(params=DISGUISES, ids=lambda one: one.__name__.strip("_"))
def disguise(request: pytest.FixtureRequest) -> Disguise:
    found: Disguise = request.param
    return found


def test_check_adopts_and_offline_ends_a_server_started_by_hand(
    resource: Resource, disguise: Disguise, open_tmp: Path
) -> None:
    pid = disguise(resource.server, open_tmp)
    resource.check()
    resource.wait_for(ONLINE)
    assert resource.known().postmaster == pid
    result = resource.offline()

    assert (result.returncode, gone(pid)) == (0, True), result.stderr
    nothing_is_left(resource)


@pytest.mark.one_postgres
def test_offline_needs_no_postmaster_pid_to_know_it(
    resource: Resource, disguise: Disguise, open_tmp: Path
) -> None:
    pid = disguise(resource.server, open_tmp)
    (resource.server.data / "postmaster.pid").unlink()
    result = resource.offline()

    assert (result.returncode, gone(pid)) == (0, True), result.stderr


@pytest.mark.one_postgres
def test_offline_needs_no_children_to_know_it(
    resource: Resource, disguise: Disguise, open_tmp: Path
) -> None:
    """They are stopped, and so titleless to whoever looks, or dead: memory tells."""
    pid = disguise(resource.server, open_tmp)
    os.kill(pid, signal.SIGSTOP)
    for child in children(pid):
        kill(child)
    wait_until(lambda: all(map(gone, children(pid))), "its children are gone")
    (resource.server.data / "postmaster.pid").unlink()
    result = resource.offline()

    assert (result.returncode, gone(pid)) == (0, True), result.stderr


@pytest.mark.one_postgres
def test_online_adopts_it(
    resource: Resource, disguise: Disguise, open_tmp: Path
) -> None:
    """Were it no server, its PID would be handed over as a stale one."""
    pid = disguise(resource.server, open_tmp)

    assert online(resource) == pid


@pytest.mark.one_postgres
def test_a_server_of_ours_is_known_when_all_that_names_it_is_lost(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    program = copied(server, open_tmp)
    resource = make_resource(server, bin_dir=program.parent)
    pid = online(resource)
    program.rename(program.with_name("pg.old"))
    resource.kill_monitor()
    (resource.work / names.RECORD).unlink()
    runentry.remove(str(resource.registry), resource.name)
    (server.data / "postmaster.pid").unlink()
    result = resource.offline()

    assert (result.returncode, gone(pid)) == (0, True), result.stderr


@pytest.mark.root
@pytest.mark.one_postgres
def test_without_root_too(
    make_resource: MakeResource, server: Server, disguise: Disguise, open_tmp: Path
) -> None:
    pid = disguise(server, open_tmp)
    resource = make_resource(server)

    def as_user(program: str) -> int:
        return subprocess.run(
            [command(program), resource.name],
            env=resource.environment(),
            cwd="/",
            timeout=120,
            **server.user.popen_options(),
        ).returncode

    wait_until(lambda: as_user("pgx_check") == ONLINE, "it is adopted")
    assert as_user("pgx_offline") == 0
    assert gone(pid)


@pytest.mark.one_postgres
def test_it_cannot_be_unregistered_while_it_runs(
    resource: Resource, disguise: Disguise, open_tmp: Path
) -> None:
    pid = disguise(resource.server, open_tmp)
    result = resource.run("pgx_pclrsc", "-d", "-c", resource.name)

    assert result.returncode == 1
    assert f"Server processes: {pid}" in result.stderr


# --- a standalone backend -----------------------------------------------------


@pytest.fixture
def alone(
    resource: Resource, open_tmp: Path, os_user: OsUser
) -> Iterator[subprocess.Popen[bytes]]:
    """`postgres --single` by another name, ready for a command."""
    program = copied(resource.server, open_tmp, "pg-alone")
    process = subprocess.Popen(
        [program, "--single", "-D", resource.server.data, "postgres"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        **os_user.popen_options(),
    )
    assert process.stdout is not None
    process.stdout.read(1)
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("named", [True, False])
def test_a_standalone_backend_is_no_postmaster(
    resource: Resource, alone: subprocess.Popen[bytes], named: bool
) -> None:
    if not named:
        (resource.server.data / "postmaster.pid").unlink()
    first = resource.check()
    refused = resource.online()
    still = alone.poll()
    result = resource.offline()
    alone.communicate(timeout=60)
    control = resource.server.user.run(
        [resource.server.binaries.path("pg_controldata"), resource.server.data]
    ).stdout

    assert (first, refused.returncode, still) == (OFFLINE, 1, None), refused.stderr
    assert resource.record() is None or resource.known().state == "none"
    assert result.returncode == 0, result.stderr
    assert re.search(r"^Database cluster state: +shut down$", control, re.M)
