"""A server that is started although its lock files name a process that lives and is none."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from functools import partial

import pytest

from fixtures import processes
from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_base import proc
from pgx_mirror.controller.jobs import instance
from pgx_postgres.running import socket_locks
from pgx_postgres.running.server import Order
from tests.fix_postgres import MakeServer
from tests.mirror.test_instance_hands import LINE, said_by, site_of

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]


@pytest.fixture
def killed(make_server: MakeServer) -> Server:
    """A server that was killed as a whole: its lock files are there still."""
    made = make_server("a")
    made.start_plain()
    processes.end_found(lambda: processes.of_directory(made.data))
    assert (made.data / "postmaster.pid").exists()
    return made


@pytest.fixture
def sleeper(killed: Server) -> Iterator[int]:
    """A process of the OS user's that is no server."""
    with subprocess.Popen(["sleep", "600"], **killed.user.popen_options()) as made:
        yield made.pid
        made.kill()


@pytest.fixture
def zombie(killed: Server) -> Iterator[int]:
    """A process of the OS user's that was killed, and for which nobody has waited.

    As with a first process of a container that waits for nobody.
    """
    made = os.fork()
    if made == 0:
        try:
            os.setresuid(*[killed.user.uid] * 3)
            signal.pause()
        finally:
            os._exit(0)
    wait_until(lambda: proc.uid_of(made) == killed.user.uid, "it is the OS user's")
    os.kill(made, signal.SIGKILL)
    wait_until(lambda: processes.gone(made), "it is dead")
    yield made
    os.waitpid(made, 0)


def lock_of(server: Server) -> str:
    """Return the lock file of *server*'s socket, as `put` takes it."""
    lock = server.sockets / f".s.PGSQL.{server.port}.lock"
    return os.path.relpath(lock, server.data)


def put(server: Server, path: str, pid: int) -> None:
    """Have the lock file *path* name *pid*."""
    file = server.data / path
    rest = file.read_text().split("\n")[1:]
    file.write_text("\n".join([str(pid), *rest]))


def start(server: Server) -> str:
    site = site_of(server, server.data.parent / "home" / "a.log")
    return said_by(server, lambda: instance.start(LINE, site, 60))


def test_a_pid_file_that_names_another_program(killed: Server, sleeper: int) -> None:
    put(killed, "postmaster.pid", sleeper)

    assert "StartedAs" in start(killed)
    assert killed.ask("select 1") == "1"
    assert proc.read_stat(sleeper) is not None


def test_a_postmaster_that_was_killed_and_nobody_has_waited_for(
    killed: Server, zombie: int
) -> None:
    put(killed, "postmaster.pid", zombie)

    assert "StartedAs" in start(killed)


def test_a_sockets_lock_file_that_names_another_program(
    killed: Server, sleeper: int
) -> None:
    put(killed, lock_of(killed), sleeper)

    assert "StartedAs" in start(killed)
    assert killed.ask("select 1") == "1"


def test_both_at_once(killed: Server, sleeper: int) -> None:
    put(killed, "postmaster.pid", sleeper)
    with subprocess.Popen(["sleep", "600"], **killed.user.popen_options()) as second:
        put(killed, lock_of(killed), second.pid)

        said = start(killed)
        second.kill()

    assert "StartedAs" in said


def test_a_sockets_lock_file_of_one_that_nobody_has_waited_for(
    killed: Server, zombie: int
) -> None:
    """As after a copy of the data directory: the lock file of the socket alone is left."""
    (killed.data / "postmaster.pid").unlink()
    put(killed, lock_of(killed), zombie)

    assert "StartedAs" in start(killed)
    assert killed.ask("select 1") == "1"


def test_one_that_was_waited_for_since_is_passed_once(killed: Server) -> None:
    """PostgreSQL may have seen it, though we do not any more."""
    with subprocess.Popen(["true"]) as gone:
        pass
    put(killed, lock_of(killed), gone.pid)
    site = site_of(killed, killed.data.parent / "home" / "a.log")
    order = Order(site.bin_dir, str(killed.data), "", {"PATH": os.defpath}, 1, None)

    def found(*tried: int) -> str:
        """What stands in the way, as the OS user finds it: no server of root's speaks."""
        find = partial(socket_locks.find, order, site.uid, frozenset(tried))
        return said_by(killed, find)

    assert f"grandparent={gone.pid}," in found()
    assert "grandparent=None, advice=''" in found(gone.pid)
