"""A lock file of the socket that has outlived its server, as /tmp survives a reboot."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.os_user import OsUser
from fixtures.server import Server
from tests.fix_postgres import MakeServer
from tests.fix_resource import ONLINE, MakeResource, Resource
from tests.postgres.online_runs import online

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]


@pytest.fixture
def bystander(os_user: OsUser) -> Iterator[int]:
    """A living process of the OS user that is no server."""
    with subprocess.Popen(
        ["sleep", "600"], cwd="/", **os_user.popen_options()
    ) as other:
        yield other.pid
        assert other.poll() is None
        other.kill()


def lock_of(server: Server) -> Path:
    return server.sockets / f".s.PGSQL.{server.port}.lock"


def put(server: Server, path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)
    server.user.own(path)


def written(server: Server, pid: int) -> str:
    return f"{pid}\n{server.data}\n1700000000\n{server.port}\n{server.sockets}\n"


def test_one_that_names_no_server_is_started_past(
    resource: Resource, bystander: int
) -> None:
    server = resource.server
    put(server, lock_of(server), written(server, bystander))
    result = resource.online()

    assert result.returncode == 0, result.stderr
    assert f"names process {bystander}, which is no server" in result.stderr
    assert resource.check() == ONLINE


def test_one_pid_in_both_files_is_started_past(
    resource: Resource, bystander: int
) -> None:
    server = resource.server
    put(server, lock_of(server), written(server, bystander))
    put(server, server.data / "postmaster.pid", written(server, bystander))
    online(resource)

    assert resource.check() == ONLINE


@pytest.fixture
def bystanders(os_user: OsUser) -> Iterator[list[int]]:
    """Three living processes of the OS user that are no servers."""
    others = [
        subprocess.Popen(["sleep", "600"], cwd="/", **os_user.popen_options())
        for _ in range(3)
    ]
    yield [other.pid for other in others]
    assert [other.poll() for other in others] == [None] * 3
    for other in others:
        other.kill()
        other.wait()


def test_several_with_different_pids_are_passed_one_after_the_other(
    resource: Resource, bystanders: list[int], open_tmp: Path
) -> None:
    server = resource.server
    second = open_tmp / "home" / "s2"
    second.mkdir()
    server.user.own(second)
    server.configure(unix_socket_directories=f"{server.sockets}, {second}")
    for pid, path in zip(
        bystanders,
        (
            server.data / "postmaster.pid",
            lock_of(server),
            second / lock_of(server).name,
        ),
        strict=True,
    ):
        put(server, path, written(server, pid))
    result = resource.online()

    assert result.returncode == 0, result.stderr
    for pid in bystanders[1:]:
        assert f"names process {pid}, which is no server" in result.stderr
    assert resource.check() == ONLINE


@pytest.mark.root
@pytest.mark.parametrize("listens", [False, True])
def test_one_of_another_user_is_named(resource: Resource, listens: bool) -> None:
    server = resource.server
    put(server, lock_of(server), written(server, 1))
    os.chown(lock_of(server), 12345, 12345)
    with socket.socket(socket.AF_UNIX) as other:
        if listens:
            other.bind(str(lock_of(server)).removesuffix(".lock"))
            other.listen()
        result = resource.online()

    assert result.returncode == 1
    assert f'Lock file "{lock_of(server)}" is one of uid 12345' in result.stderr
    word = "a server of that user listens there" if listens else "nobody listens there"
    assert word in result.stderr


def test_a_link_is_named(resource: Resource) -> None:
    lock_of(resource.server).symlink_to("/nowhere")
    result = resource.online()

    assert result.returncode == 1
    assert "is none, it is a symbolic link: remove it" in result.stderr


@pytest.mark.parametrize(
    ("text", "what"), [("", "is empty"), ("garbage\n", "names no process")]
)
def test_one_that_names_nobody_is_named(
    resource: Resource, text: str, what: str
) -> None:
    lock = lock_of(resource.server)
    put(resource.server, lock, text)
    result = resource.online()

    assert result.returncode == 1
    assert f'Lock file "{lock}" {what}: remove it.' in result.stderr
    assert lock.read_text() == text


def test_that_of_another_server_is_told_as_its(
    make_server: MakeServer, make_resource: MakeResource
) -> None:
    first, second = make_server("first"), make_server("second")
    pid = first.start_plain()
    second.configure(port=first.port, unix_socket_directories=str(first.sockets))
    result = make_resource(second).online()

    assert result.returncode == 1
    assert f"is that of process {pid} (" in result.stderr
    assert first.answers()
