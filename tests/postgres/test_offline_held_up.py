"""pgx_offline in fast mode, held up: by whom, and what is done about it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from fixtures.processes import gone, traces, wait_until
from fixtures.server import Server
from tests.fix_postgres import MakeServer
from tests.fix_resource import MakeResource, Resource
from tests.fix_sessions import Connect
from tests.postgres.stopping import child, sleepers, stopped

pytestmark = pytest.mark.one_postgres

IMMEDIATE = "received immediate shutdown request"
CLEAN = "database system is shut down"
SESSIONS = {"offline_timeout": 600}


# --- archive_command ----------------------------------------------------------


def _archiving(
    directory: Path, make_server: MakeServer, make_resource: MakeResource, script: str
) -> tuple[Resource, list[int]]:
    """Return a resource whose archiver runs *script*, and the processes of that."""
    path, began = directory / "home" / "archive.sh", directory / "home" / "archiving"
    path.write_text(f"#!/bin/sh\ntouch {shlex.quote(str(began))}\n{script}\n")
    path.chmod(0o755)
    server = make_server(archive_mode="on", archive_command=str(path))
    resource = make_resource(server, **SESSIONS)
    assert resource.online().returncode == 0
    server.ask("select pg_switch_wal()", "postgres")
    wait_until(began.exists, "the archiver is at work")
    return resource, sleepers(directory)


@pytest.mark.parametrize(
    "script",
    ["exec sleep 991", "trap '' TERM INT QUIT HUP; while :; do sleep 1; done"],
    ids=["sleeps", "tries again and again, and ignores signals"],
)
def test_an_archive_command_that_hangs_is_ended_alone(
    make_server: MakeServer, make_resource: MakeResource, open_tmp: Path, script: str
) -> None:
    """The instance is stopped cleanly all the same, and looking for it costs little."""
    resource, pids = _archiving(open_tmp, make_server, make_resource, script)
    said = stopped(resource, 120)

    assert re.search(r"ending command .* alone: archiver \d+ .* has not moved", said)
    assert pids
    assert all(map(gone, pids))
    assert IMMEDIATE not in resource.server_log()
    assert CLEAN in resource.server_log()
    facts = re.search(
        r"facts=1 of=stopped .*looks=(\d+) passes=(\d+)", resource.trace()
    )
    assert facts is not None
    assert int(facts[1]) <= 25
    assert int(facts[2]) <= 10  # of all of /proc


def test_an_archive_command_that_copies_slowly_is_waited_for(
    make_server: MakeServer, make_resource: MakeResource, open_tmp: Path
) -> None:
    """It takes more than 30 s for one segment, 100 KB a second."""
    target = shlex.quote(str(open_tmp / "home" / "copy"))
    step = f"head -c 100000 /dev/zero >> {target}; sleep 1"
    script = f"i=0; while [ $i -lt 40 ]; do {step}; i=$((i+1)); done; exit 0"
    resource, _ = _archiving(open_tmp, make_server, make_resource, script)
    timer = threading.Timer(45, _let_through, [open_tmp])
    timer.start()
    said = stopped(resource, 150)
    timer.join()

    assert not re.search(r"(ending|killing) .* alone", said)
    assert "requesting immediate" not in said
    assert (open_tmp / "home" / "copy").stat().st_size >= 4_000_000
    assert CLEAN in resource.server_log()


def _let_through(directory: Path) -> None:
    """Let what is archived after the first segment take no time."""
    script = directory / "home" / "archive.sh"
    script.with_suffix(".new").write_text("#!/bin/sh\nexit 0\n")
    script.with_suffix(".new").chmod(0o755)
    script.with_suffix(".new").rename(script)


def test_a_stopped_archive_command_is_killed_at_once(
    make_server: MakeServer, make_resource: MakeResource, open_tmp: Path
) -> None:
    resource, pids = _archiving(open_tmp, make_server, make_resource, "exec sleep 991")
    _let_through(open_tmp)
    for pid in sleepers(open_tmp):
        os.kill(pid, signal.SIGSTOP)
    said = stopped(resource, 100)

    assert "a command of archiver" in said
    assert all(map(gone, pids))
    assert IMMEDIATE not in resource.server_log()


@pytest.mark.one_postgres("oldest")
def test_an_archive_library_that_hangs_ends_the_fast_stop(
    make_server: MakeServer, make_resource: MakeResource, open_tmp: Path
) -> None:
    """It opens a FIFO that nobody writes to, and there is no command to be ended."""
    target = open_tmp / "home" / "archive"
    target.mkdir(mode=0o777)
    target.chmod(0o777)
    server = make_server(
        archive_mode="on",
        archive_library="basic_archive",
        **{"basic_archive.archive_directory": target},
    )
    if not list(server.binaries.directory.parent.glob("lib/**/basic_archive.so")):
        pytest.skip("no basic_archive")
    os.mkfifo(target / "000000010000000000000001")
    (target / "000000010000000000000001").chmod(0o666)
    resource = make_resource(server, **SESSIONS)
    assert resource.online().returncode == 0
    server.ask("select pg_switch_wal()", "postgres")
    pid = child(server, "archiver archiving")
    said = stopped(resource, 120)

    assert re.search(rf"requesting immediate .* archiver {pid} .* has not moved", said)
    assert gone(pid)


# --- a WAL sender -------------------------------------------------------------


def _physical(server: Server, connect: Connect) -> psycopg.Connection:
    at = server.ask("select pg_current_wal_lsn()", "postgres")
    client = connect(server, replication="true")
    client.pgconn.exec_(f"START_REPLICATION {at}".encode())
    return client


def _logical(server: Server, connect: Connect) -> psycopg.Connection:
    server.ask("create publication p for all tables", "postgres")
    server.ask("select pg_create_logical_replication_slot('s', 'pgoutput')", "postgres")
    client = connect(server, replication="database")
    options = "(proto_version '1', publication_names 'p')"
    client.pgconn.exec_(f"START_REPLICATION SLOT s LOGICAL 0/0 {options}".encode())
    return client


@pytest.mark.parametrize("stream", [_physical, _logical], ids=["physical", "logical"])
def test_a_wal_sender_whose_client_reads_no_more_is_ended_alone(
    make_server: MakeServer,
    make_resource: MakeResource,
    connect: Connect,
    stream: Callable[[Server, Connect], psycopg.Connection],
) -> None:
    server = make_server(wal_level="logical", wal_sender_timeout=0)
    resource = make_resource(server, **SESSIONS)
    assert resource.online().returncode == 0
    client = stream(server, connect)
    server.ask(
        "create table t as select repeat('x', 1000) from generate_series(1, 20000)",
        "postgres",
    )
    said = stopped(resource, 120)

    assert f"ending WAL sender {client.info.backend_pid}" in said
    assert gone(client.info.backend_pid)
    assert IMMEDIATE not in resource.server_log()
    assert CLEAN in resource.server_log()


# --- a checkpoint -------------------------------------------------------------


@pytest.mark.root
@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace")
def test_a_long_shutdown_checkpoint_that_moves_is_waited_for(
    make_server: MakeServer, make_resource: MakeResource, open_tmp: Path
) -> None:
    """Each of its writes takes 30 ms; and who is traced is not taken for stopped.

    A standby gets the checkpoint's record too, though it had nothing to receive till then.
    """
    server = make_server(bgwriter_lru_maxpages=0, checkpoint_timeout="1h")
    resource = make_resource(server, **SESSIONS)
    assert resource.online().returncode == 0
    server.ask(
        "create table t (a text); "
        "insert into t select repeat('x', 1000) from generate_series(1, 9000)",
        "postgres",
    )
    receiver = _receiver(server, open_tmp / "home" / "received")
    pid = child(server, "checkpointer")
    slow = "inject=pwrite64,pwritev:delay_enter=30000"
    strace = ["strace", "-q", "-o", "/dev/null", "-e", "trace=pwrite64,pwritev"]
    tracer = subprocess.Popen([*strace, "-e", slow, "-p", str(pid)])
    try:
        wait_until(lambda: traces(tracer.pid, pid), "it is traced")
        began = time.monotonic()
        said = stopped(resource, 300)
        assert time.monotonic() - began > 33  # or this test tells nothing
    finally:
        tracer.kill()
        tracer.wait()

    assert "requesting immediate" not in said
    assert "WAL sender" not in said.replace("waiting for WAL sender", "")
    assert CLEAN in resource.server_log()
    # The server's own end of the stream, after everything; not a broken connection.
    told = receiver.communicate(timeout=60)[1]
    assert "replication stream was terminated before stop point" in told
    assert "unexpected" not in told


def _receiver(server: Server, directory: Path) -> subprocess.Popen[str]:
    """Have WAL received into *directory*, and return once nothing is left to receive."""
    directory.mkdir()
    where = ["-h", str(server.sockets), "-p", str(server.port), "-U", server.user.name]
    program = str(server.binaries.path("pg_receivewal"))
    receiver = subprocess.Popen(
        [program, "--no-loop", "--verbose", "-D", str(directory), *where],
        stderr=subprocess.PIPE,
        text=True,
    )
    state = "select state from pg_stat_replication"
    wait_until(lambda: server.ask(state, "postgres") == "streaming", "it streams")
    return receiver
