"""pgx_offline in fast mode, with a process of the server that is stopped."""

from __future__ import annotations

import os
import re
import signal
import threading
from pathlib import Path

import psycopg
import pytest

from fixtures.processes import gone, wait_until
from tests.fix_postgres import MakeServer
from tests.fix_resource import MakeResource, Resource
from tests.fix_sessions import Connect
from tests.postgres.stopping import child, sleepers, stopped

pytestmark = pytest.mark.one_postgres

IMMEDIATE = "received immediate shutdown request"
SESSIONS = {"offline_timeout": 600}


@pytest.mark.parametrize("title", ["checkpointer", "walwriter", "background writer"])
def test_a_stopped_process_of_the_server_ends_the_fast_stop_at_once(
    resource: Resource, title: str
) -> None:
    assert resource.online().returncode == 0
    pid = child(resource.server, title)
    os.kill(pid, signal.SIGSTOP)
    said = stopped(resource, 100)

    assert re.search(rf"requesting immediate .* {pid} \({title}\) is stopped", said)
    assert gone(pid)


def test_a_stopped_backend_ends_the_fast_stop_at_once(
    make_server: MakeServer, make_resource: MakeResource, connect: Connect
) -> None:
    """Whatever its role and the cluster are called."""
    server = make_server(cluster_name="prod: main")
    resource = make_resource(server, **SESSIONS)
    assert resource.online().returncode == 0
    server.ask("create role archiver_svc superuser login", "postgres")
    backend = connect(server, user="archiver_svc").info.backend_pid
    os.kill(backend, signal.SIGSTOP)
    said = stopped(resource, 100)

    assert f"backend {backend}" in said
    assert gone(backend)


def test_a_stopped_startup_process(
    make_server: MakeServer, make_resource: MakeResource
) -> None:
    server = make_server(hot_standby="on", max_connections=100)
    (server.data / "standby.signal").touch()
    server.user.own(server.data / "standby.signal")
    resource = make_resource(server, **SESSIONS)
    online = resource.online()
    assert online.returncode == 0, online.stderr + resource.server_log()
    pid = child(server, "startup")
    os.kill(pid, signal.SIGSTOP)
    said = stopped(resource, 100)

    assert re.search(rf"process {pid} \(startup .* is stopped", said)
    assert gone(pid)


def test_a_stopped_logger_does_not_spoil_a_fast_stop(
    make_server: MakeServer, make_resource: MakeResource
) -> None:
    server = make_server(logging_collector="on", log_directory="log")
    resource = make_resource(server, **SESSIONS)
    assert resource.online().returncode == 0
    pid = child(server, "logger")
    os.kill(pid, signal.SIGSTOP)
    said = stopped(resource, 100)

    assert gone(pid)
    assert "requesting immediate" not in said


def test_a_logger_whose_pipe_is_full(
    make_server: MakeServer, make_resource: MakeResource, connect: Connect
) -> None:
    """The postmaster itself hangs as soon as it writes that it was asked to stop."""
    server = make_server(logging_collector="on", log_directory="log")
    resource = make_resource(server, **SESSIONS)
    assert resource.online().returncode == 0
    session = connect(server)
    pid = child(server, "logger")
    os.kill(pid, signal.SIGSTOP)
    threading.Thread(target=_talk, args=(session,), daemon=True).start()
    backend = session.info.backend_pid
    wait_until(lambda: _waits_in(backend, "pipe_w"), "the pipe is full")
    said = stopped(resource, 100)

    assert "its pipe is full" in said
    assert gone(pid)


def _waits_in(pid: int, where: str) -> bool:
    return where in Path(f"/proc/{pid}/wchan").read_text()


def _talk(session: psycopg.Connection) -> None:
    try:
        session.execute(
            "do $$ begin loop raise log '%', repeat('x', 5000); end loop; end $$"
        )
    except psycopg.Error:
        pass


def test_a_program_that_a_backend_copies_from_is_ended_before_the_fast_stop(
    resource: Resource, connect: Connect
) -> None:
    assert resource.online().returncode == 0
    session = connect(resource.server)
    session.execute("create table t (a text)")
    copying = threading.Thread(target=_copy, args=(session,), daemon=True)
    copying.start()
    (program,) = sleepers(resource.server.data)
    os.kill(program, signal.SIGSTOP)  # and so at once
    said = stopped(resource, 100)

    assert "a command of backend" in said
    assert gone(program)
    assert IMMEDIATE not in resource.server_log()


def _copy(session: psycopg.Connection) -> None:
    try:
        session.execute("copy t from program 'exec sleep 991'")
    except psycopg.Error:
        pass
