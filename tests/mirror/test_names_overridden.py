"""Names set by ALTER SYSTEM beat postgresql.conf: on a server that runs it is taken back."""

from __future__ import annotations

import os

import pytest

from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_base import proc
from pgx_base.failure import Failure
from pgx_mirror.controller.jobs import files, sessions
from pgx_mirror.controller.jobs.site import Site
from pgx_mirror.core.report import NAMES_OUT
from pgx_mirror.hands.line import Line
from tests.fix_postgres import MakeServer

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]


@pytest.fixture
def running(make_server: MakeServer) -> Server:
    made = make_server("a", synchronous_standby_names="node2")
    made.start_plain()
    made.ask("alter system set synchronous_standby_names = 'stranger'")
    return made


def _write(server: Server) -> str:
    """Have the names written, as the instance administrator, and return what is said."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([server.user.gid]) if server.user.other else None
            os.setresgid(*[server.user.gid] * 3)
            os.setresuid(*[server.user.uid] * 3)
            os.write(writer, _said(server).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        said = file.read()
    os.waitpid(child, 0)
    return said


def _said(server: Server) -> str:
    user, pid = server.user, server.pid()
    stat = proc.read_stat(pid) if pid else None
    ident = (pid, stat[2]) if pid and stat else None
    dir_fd = os.open(server.data, os.O_RDONLY | os.O_DIRECTORY)
    site = Site(
        "server1", str(server.data), dir_fd, "", "", user.uid, "/", user.name, "", "postgres"
    )  # fmt: skip
    try:
        return repr(files.write_names(Line(-1, -1), site, NAMES_OUT, ident))
    except Failure as ex:
        return ex.primary


def test_a_server_that_runs_has_it_taken_back(
    running: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_WITHIN", 60.0)
    assert _write(running) == "('out', 'node2')"
    assert "stranger" not in (running.data / "postgresql.auto.conf").read_text()
    shown = "show synchronous_standby_names"
    wait_until(lambda: running.ask(shown) == "", "it is read")


def test_beside_a_server_that_does_not_run_it_is_told(running: Server) -> None:
    running.stop()
    assert "set elsewhere too: postgresql.auto.conf" in _write(running)
