"""pgx_offline on a real server: modes, whoever is connected, twice, at once, never started."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from fixtures.os_user import OsUser
from fixtures.processes import gone, wait_until
from fixtures.server import Server
from pgx_pclrsc import record as records
from pgx_pclrsc import runentry
from pgx_postgres.processes import looking
from tests.at_call import standing
from tests.fix_postgres import MakeServer
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, MakeResource, Resource

FAST = "received fast shutdown request"
IMMEDIATE = "received immediate shutdown request"


def connect(server: Server, database: str = "postgres") -> psycopg.Connection:
    """Return a session of the superuser."""
    return psycopg.connect(
        host=str(server.sockets),
        port=server.port,
        dbname=database,
        user=server.user.name,
    )


def test_a_running_instance_is_stopped(resource: Resource) -> None:
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    monitor = resource.monitor()
    result = resource.offline()

    assert (result.returncode, result.stdout) == (0, "")
    if looking.TOO_LONG not in result.stderr:  # as on a busy machine
        assert result.stderr == 'pgx_offline: info: instance "pgxtest" is Offline\n'
    assert gone(pid)
    assert monitor is not None
    wait_until(lambda: gone(monitor), "it is gone, as its lock is")
    assert resource.check() == OFFLINE
    assert FAST in resource.server_log()


@pytest.mark.one_postgres
def test_the_record_is_cleared_and_the_entry_removed(resource: Resource) -> None:
    assert resource.online().returncode == 0
    before = resource.known()
    resource.offline()
    after = resource.known()

    assert after.state == records.NONE
    assert after.generation != before.generation
    assert (after.postmaster, after.inode, after.shmid) == (0, 0, 0)
    assert runentry.read(str(resource.registry), resource.name) is None


@pytest.mark.one_postgres
def test_what_never_ran_is_offline(resource: Resource) -> None:
    first = resource.offline()
    second = resource.offline()

    assert (first.returncode, second.returncode) == (0, 0)
    assert resource.check() == OFFLINE


def test_a_server_started_by_hand_is_stopped(resource: Resource) -> None:
    pid = resource.server.start_plain()
    result = resource.offline()

    assert (result.returncode, gone(pid)) == (0, True)
    assert FAST in resource.server.log()


@pytest.mark.one_postgres
def test_offline_twice(resource: Resource) -> None:
    assert resource.online().returncode == 0

    assert [resource.offline().returncode for _ in range(2)] == [0, 0]


@pytest.mark.one_postgres
def test_two_at_once_both_succeed(resource: Resource) -> None:
    assert resource.online().returncode == 0
    both = [resource.start("pgx_offline", resource.name) for _ in range(2)]

    for process in both:
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, output) == (0, ""), errors
    assert resource.server.pid() is None


@pytest.mark.parametrize(
    ("environ", "options", "line"),
    [
        ({}, {}, FAST),
        ({"HV_OFFLINE_REASON": "STOP"}, {}, FAST),
        ({"HV_OFFLINE_REASON": "DEACT"}, {}, FAST),
        ({"HV_OFFLINE_REASON": "SHUT", "HV_INTENDED_STATE": "Offline"}, {}, FAST),
        ({"HV_OFFLINE_REASON": "SWITCH"}, {}, IMMEDIATE),
        ({"HV_OFFLINE_REASON": "SWITCH"}, {"switch_mode": "fast"}, FAST),
        (
            {"HV_OFFLINE_REASON": "SWITCH", "HV_FORCED_REQUEST": "1"},
            {"switch_mode": "fast"},
            IMMEDIATE,
        ),
        ({"HV_OFFLINE_REASON": "STOP", "HV_FORCED_REQUEST": "1"}, {}, IMMEDIATE),
        ({"HV_OFFLINE_REASON": "FAULT"}, {"switch_mode": "fast"}, IMMEDIATE),
        (
            {"HV_OFFLINE_REASON": "STOP", "HV_LAST_DET_REPORT": "Faulted"},
            {},
            IMMEDIATE,
        ),
        ({"HV_OFFLINE_REASON": "STOP", "HV_AUTORECOVER": "1"}, {}, FAST),
    ],
)
@pytest.mark.one_postgres
def test_the_mode_is_what_rms_asks_for(
    server: Server,
    make_resource: MakeResource,
    environ: dict[str, str],
    options: dict[str, str],
    line: str,
) -> None:
    resource = make_resource(server, **options)
    server.start_plain()
    result = resource.offline(env=environ)

    assert result.returncode == 0, result.stderr
    said = [text for text in (FAST, IMMEDIATE) if text in server.log()]
    assert said == [line]


@pytest.mark.one_postgres
def test_a_faulted_record_means_immediate(resource: Resource) -> None:
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    resource.kill_monitor()
    found = resource.known()
    found.state, found.reason = records.FAULTED, "made up"
    resource.write_record(found)
    result = resource.offline(env={"HV_OFFLINE_REASON": "STOP"})

    assert (result.returncode, gone(pid)) == (0, True)
    assert IMMEDIATE in resource.server_log()


@pytest.mark.one_postgres
def test_autorecover_is_told_in_the_trace(resource: Resource) -> None:
    resource.offline(env={"HV_AUTORECOVER": "1"})

    assert "fast stop, before RMS starts it again" in resource.trace()


@pytest.fixture
def clients(
    make_server: MakeServer, make_resource: MakeResource
) -> Iterator[tuple[Resource, list[psycopg.Connection]]]:
    """Twenty clients that have written something and not committed it."""
    server = make_server(max_connections=40)
    resource = make_resource(server)
    assert resource.online().returncode == 0
    server.ask("create table t (i integer)", "postgres")
    with ExitStack() as stack:
        sessions = [stack.enter_context(connect(server)) for _ in range(20)]
        for session in sessions:
            session.execute("insert into t values (1)")
        yield resource, sessions
        for session in sessions:
            session.close()


def test_twenty_clients_in_transactions(
    clients: tuple[Resource, list[psycopg.Connection]],
) -> None:
    resource, sessions = clients
    result = resource.offline(env={"HV_OFFLINE_REASON": "STOP"})

    assert result.returncode == 0, result.stderr
    assert resource.check() == OFFLINE
    with pytest.raises(psycopg.OperationalError):
        sessions[0].execute("select 1")


def test_check_says_what_was_found_until_nothing_is_left(resource: Resource) -> None:
    """The state that Offline has found: Online, and Faulted where the server has died."""
    assert resource.online().returncode == 0
    resource.signal_monitor()
    postmaster = resource.known().postmaster
    os.kill(postmaster, signal.SIGSTOP)
    backend = _children(postmaster)[0]
    os.kill(backend, signal.SIGSTOP)
    offline = resource.start("pgx_offline", resource.name)
    answers = []
    while offline.poll() is None:
        answers.append(resource.check())
    offline.communicate()

    assert offline.returncode == 0
    assert set(answers) <= {ONLINE, OFFLINE}
    assert OFFLINE not in answers[:-1] or sorted(answers) == answers


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


@pytest.mark.one_postgres
def test_a_postmaster_that_has_died_stays_faulted_while_offline_works(
    resource: Resource, server: Server
) -> None:
    assert resource.online().returncode == 0
    before = resource.known()
    backend = connect(server)
    backend_pid = backend.info.backend_pid
    resource.stop_monitor()
    os.kill(backend_pid, signal.SIGSTOP)
    os.kill(before.postmaster, signal.SIGKILL)
    wait_until(lambda: gone(before.postmaster), "it has died")
    env = resource.environment()
    with standing("papers.forget", "pgx_offline", resource.name, env=env) as offline:
        assert resource.known().state == records.FAULTED
        during = resource.check()
    backend.close()

    assert during == FAULTED
    assert (offline.returncode, gone(backend_pid)) == (0, True)
    assert resource.check() == OFFLINE


@pytest.mark.one_postgres
def test_offline_ends_a_running_online(
    make_server: MakeServer, make_resource: MakeResource
) -> None:
    """A recovery that never ends: Online waits for it, Offline is asked for meanwhile."""
    server = make_server(restore_command="sleep 1000")
    (server.data / "recovery.signal").touch()
    os.chown(server.data / "recovery.signal", server.user.uid, server.user.gid)
    resource = make_resource(server)
    online = resource.start("pgx_online", resource.name)
    wait_until(lambda: server.pid() is not None, "the server starts")
    result = resource.offline()
    _, errors = online.communicate(timeout=60)

    assert result.returncode == 0, result.stderr
    assert online.returncode == 1
    assert errors
    assert resource.check() == OFFLINE
    assert server.pid() is None


def test_unlogged_tables_survive_a_fast_switch(
    server: Server, make_resource: MakeResource
) -> None:
    resource = make_resource(server, switch_mode="fast")
    assert resource.online().returncode == 0
    server.ask("create unlogged table u as select 1", "postgres")
    resource.offline(env={"HV_OFFLINE_REASON": "SWITCH"})
    assert resource.online().returncode == 0

    assert server.ask("select count(*) from u", "postgres") == "1"


def test_a_standalone_backend_is_ended_cleanly(
    resource: Resource, os_user: OsUser
) -> None:
    """`postgres --single` knows neither a fast nor an immediate shutdown."""
    server = resource.server
    program = str(server.binaries.path("postgres"))
    alone = subprocess.Popen(
        [program, "--single", "-D", str(server.data), "postgres"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **os_user.popen_options(),
    )
    assert alone.stdout is not None
    alone.stdout.read(1)
    result = resource.offline()
    alone.communicate(timeout=60)
    control = os_user.run([server.binaries.path("pg_controldata"), server.data])

    assert result.returncode == 0, result.stderr
    assert re.search(r"^Database cluster state: +shut down$", control.stdout, re.M)
