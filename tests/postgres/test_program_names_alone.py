"""What is only called postgres, or has its number: a name proves nothing."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.os_user import OsUser
from fixtures.server import Server
from tests.fix_resource import OFFLINE, Resource
from tests.postgres.online_runs import online
from tests.postgres.stopping import stopped_with_a_look


@pytest.fixture
def impostor(
    request: pytest.FixtureRequest, server: Server, open_tmp: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in the data directory that is called postgres and is none."""
    program = open_tmp / "postgres"
    if request.param == "script":
        program.write_text("#!/bin/sh\nwhile :; do sleep 1; done\n")
    else:
        shutil.copy("/bin/sleep", program)
    program.chmod(0o755)
    process = subprocess.Popen(
        [program, "1000"],
        cwd=server.data,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **server.user.popen_options(),
    )
    yield process
    process.kill()
    process.communicate()


IMPOSTORS = pytest.mark.parametrize("impostor", ["script", "program"], indirect=True)


@IMPOSTORS
@pytest.mark.one_postgres
def test_what_is_only_called_postgres_is_left_alone(
    resource: Resource, impostor: subprocess.Popen[bytes]
) -> None:
    assert resource.check() == OFFLINE
    first = resource.offline()
    online(resource)
    second = stopped_with_a_look(resource)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert impostor.poll() is None
    assert f"process {impostor.pid} of user" in second.stderr


@pytest.mark.parametrize("impostor", ["script", "program"], indirect=True)
@pytest.mark.one_postgres
def test_with_the_pid_in_postmaster_pid_it_cannot_be_told(
    resource: Resource, impostor: subprocess.Popen[bytes]
) -> None:
    """It may be a server that has only begun, on a node whose clock was set."""
    pid_file = resource.server.data / "postmaster.pid"
    pid_file.write_text(f"{impostor.pid}\n{resource.server.data}\n1000000000\n")
    refused, result = resource.online(), resource.offline()

    assert (refused.returncode, result.returncode) == (1, 1)
    for said in (refused.stderr, result.stderr):
        assert f"{impostor.pid} (" in said
        assert "postmaster.pid has its PID" in said
    assert impostor.poll() is None
    assert pid_file.exists()


@pytest.mark.one_postgres
def test_a_shell_that_has_the_pid_of_a_server_that_is_gone(
    resource: Resource, os_user: OsUser
) -> None:
    """In the very directory; its name and its start time tell that it is another."""
    server = resource.server
    server.start_plain()
    server.stop(signal.SIGQUIT)
    shell = subprocess.Popen(
        ["sleep", "1000"], cwd=server.data, **os_user.popen_options()
    )
    pid_file = server.data / "postmaster.pid"
    rest = ["", str(server.data), "1000000000", "", "", "", "", ""]
    pid_file.write_text("\n".join([str(shell.pid), *rest[1:]]))
    try:
        online(resource)
        assert resource.offline().returncode == 0
        assert shell.poll() is None
    finally:
        shell.kill()
        shell.wait()
