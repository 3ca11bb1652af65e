"""A server that is started although its lock files name a process that lives and is none."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from fixtures import processes
from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_base import proc
from pgx_mirror.controller.jobs import instance
from tests.fix_postgres import MakeServer
from tests.mirror.test_instance_hands import LINE, said_by, site_of

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]


@pytest.fixture
def killed(make_server: MakeServer) -> Server:
    """A server that was killed as a whole: its lock files are there still."""
    made = make_server("a")
    made.start_plain()
    while left := processes.of_directory(made.data):
        for pid in left:
            processes.kill(pid)
    assert (made.data / "postmaster.pid").exists()
    return made


@pytest.fixture
def sleeper(killed: Server) -> Iterator[int]:
    """A process of the OS user's that is no server."""
    with subprocess.Popen(["sleep", "600"], **killed.user.popen_options()) as made:
        yield made.pid
        made.kill()


def put(server: Server, path: str, pid: int) -> None:
    """Have the lock file *path* name *pid*."""
    file = server.data / path
    rest = file.read_text().split("\n")[1:]
    file.write_text("\n".join([str(pid), *rest]))


def start(server: Server) -> str:
    site = site_of(server, server.data.parent / "home" / "a.log")
    return said_by(server, lambda: instance.start(LINE, site, 30))


def test_a_pid_file_that_names_another_program(killed: Server, sleeper: int) -> None:
    put(killed, "postmaster.pid", sleeper)

    assert "StartedAs" in start(killed)
    assert killed.ask("select 1") == "1"
    assert proc.read_stat(sleeper) is not None


def test_a_postmaster_that_was_killed_and_nobody_has_waited_for(killed: Server) -> None:
    """As with a first process of a container that waits for nobody."""
    user = killed.user
    zombie = os.fork()
    if zombie == 0:
        try:
            os.setresuid(*[user.uid] * 3)
            signal.pause()
        finally:
            os._exit(0)
    try:
        wait_until(lambda: proc.uid_of(zombie) == user.uid, "it is the OS user's")
        os.kill(zombie, signal.SIGKILL)
        put(killed, "postmaster.pid", zombie)
        said = start(killed)
    finally:
        os.waitpid(zombie, 0)

    assert "StartedAs" in said


def test_a_sockets_lock_file_that_names_another_program(
    killed: Server, sleeper: int
) -> None:
    lock = killed.sockets / f".s.PGSQL.{killed.port}.lock"
    put(killed, os.path.relpath(lock, killed.data), sleeper)

    assert "StartedAs" in start(killed)
    assert killed.ask("select 1") == "1"


def test_both_at_once(killed: Server, sleeper: int) -> None:
    put(killed, "postmaster.pid", sleeper)
    with subprocess.Popen(["sleep", "600"], **killed.user.popen_options()) as second:
        lock = killed.sockets / f".s.PGSQL.{killed.port}.lock"
        put(killed, os.path.relpath(lock, killed.data), second.pid)

        said = start(killed)
        second.kill()

    assert "StartedAs" in said
