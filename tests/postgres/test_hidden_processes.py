"""A node whose /proc shows everybody's processes to root alone (hidepid=2)."""

from __future__ import annotations

import re
import subprocess

import pytest

from fixtures.commands import command
from fixtures.processes import wait_until
from fixtures.server import Server
from tests.fix_postgres import MakeServer
from tests.fix_resource import ONLINE, MakeResource, Resource
from tests.postgres.online_runs import nothing_is_left

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]

# An instance of procfs of its own: to remount the node's would hide it from everybody.
_HIDDEN = 'mount -t proc -o hidepid=2 proc /proc && exec "$@"'


def _start(resource: Resource, program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", _HIDDEN, "sh", command(program), "pgxtest"],
        env=resource.environment(),
        cwd="/",
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _run(resource: Resource, program: str) -> tuple[int, str]:
    process = _start(resource, program)
    errors = process.communicate(timeout=120)[1]
    return process.returncode, errors


def test_a_life(make_resource: MakeResource, server: Server) -> None:
    resource = make_resource(server)
    for program in ("pgx_online", "pgx_check", "pgx_online", "pgx_offline"):
        code, errors = _run(resource, program)
        assert code == ONLINE, errors + resource.trace()

    nothing_is_left(resource)


def test_an_offline_ends_a_running_online(
    make_server: MakeServer, make_resource: MakeResource
) -> None:
    server = make_server(restore_command="sleep 1000")
    (server.data / "recovery.signal").touch()
    server.user.own(server.data / "recovery.signal")
    resource = make_resource(server)
    online = _start(resource, "pgx_online")
    wait_until(lambda: server.status_line() == "starting", "the server starts")
    code, errors = _run(resource, "pgx_offline")
    said = online.communicate(timeout=120)[1]

    assert code == 0, errors
    assert online.returncode == 1
    assert re.search("was ended by signal (15|9) ", said)  # 9 where it is slow to end
    nothing_is_left(resource)
