"""pgx_offline on a server that does not want to end, or cannot."""

from __future__ import annotations

import os
import shlex
import signal
import threading
import time
from pathlib import Path

import psycopg
import pytest

from fixtures.processes import children, freeze, gone, of_directory, wait_until
from fixtures.server import Server
from pgx_base import proc
from tests.fix_postgres import MakeServer
from tests.fix_resource import OFFLINE, MakeResource, Resource
from tests.fix_sessions import Connect

FAST = "received fast shutdown request"
IMMEDIATE = "received immediate shutdown request"
AT_ONCE = 140  # seconds, on a busy machine: not half of the time that `patient` has


@pytest.fixture
def patient(make_resource: MakeResource, server: Server) -> Resource:
    """A resource whose Offline has so much time that half of it is never waited for here."""
    return make_resource(server, offline_timeout=600)


@pytest.mark.one_postgres
def test_a_backend_that_ignores_sigterm_is_ended_after_thirty_seconds(
    server: Server, make_resource: MakeResource, connect: Connect, open_tmp: Path
) -> None:
    """It opens a FIFO that nobody reads, which no signal interrupts for good."""
    resource = make_resource(server, offline_timeout=120)
    assert resource.online().returncode == 0
    session = connect(server)
    backend = session.info.backend_pid
    fifo = open_tmp / "home" / "fifo"
    os.mkfifo(fifo)
    fifo.chmod(0o666)
    threading.Thread(target=_write_to, args=(session, fifo), daemon=True).start()
    wait_until(lambda: "partner" in _waits_in(backend), "it waits for a reader")
    began = time.monotonic()
    result = resource.offline()
    took = time.monotonic() - began

    assert result.returncode == 0, result.stderr
    assert took > 30
    assert gone(backend)
    assert f"waiting for backend {backend}" in result.stderr
    assert "a backend does not end within 30 s" in result.stderr
    assert IMMEDIATE in resource.server_log()
    assert resource.check() == OFFLINE


def _write_to(session: psycopg.Connection, path: Path) -> None:
    try:
        session.execute(f"copy (select 1) to '{path}'".encode())
    except psycopg.Error:
        pass


def _waits_in(pid: int) -> str:
    return Path(f"/proc/{pid}/wchan").read_text()


@pytest.mark.alone
@pytest.mark.one_postgres
def test_ten_seconds_are_enough_for_the_whole_ladder(
    server: Server, make_resource: MakeResource, connect: Connect
) -> None:
    resource = make_resource(server, offline_timeout=10)
    assert resource.online().returncode == 0
    backend = connect(server).info.backend_pid
    os.kill(backend, signal.SIGSTOP)
    began = time.monotonic()
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert time.monotonic() - began < 10  # RMS would kill it then
    assert gone(backend)


@pytest.mark.one_postgres
def test_a_stopped_backend_in_an_immediate_stop(
    patient: Resource, connect: Connect
) -> None:
    """PostgreSQL itself kills it after 5 s."""
    resource = patient
    assert resource.online().returncode == 0
    backend = connect(resource.server).info.backend_pid
    os.kill(backend, signal.SIGSTOP)
    result = resource.offline(env={"HV_OFFLINE_REASON": "FAULT"}, limit=AT_ONCE)

    assert result.returncode == 0, result.stderr
    assert gone(backend)


def test_a_stopped_postmaster_is_killed_at_once(
    patient: Resource, connect: Connect
) -> None:
    resource = patient
    assert resource.online().returncode == 0
    backend = connect(resource.server).info.backend_pid
    postmaster = resource.known().postmaster
    os.kill(postmaster, signal.SIGSTOP)
    result = resource.offline(limit=AT_ONCE)

    assert result.returncode == 0, result.stderr
    assert gone(backend)
    assert gone(postmaster)
    assert "the postmaster is stopped" in result.stderr
    assert resource.check() == OFFLINE


def test_everything_stopped_is_killed_at_once(patient: Resource) -> None:
    resource = patient
    assert resource.online().returncode == 0
    postmaster = resource.known().postmaster
    everything = freeze(lambda: [postmaster, *_descendants(postmaster)])
    result = resource.offline(limit=AT_ONCE)

    assert result.returncode == 0, result.stderr
    assert all(map(gone, everything))


def _descendants(pid: int) -> list[int]:
    return [d for child in children(pid) for d in (child, *_descendants(child))]


def test_orphans_of_a_killed_postmaster_are_ended(
    patient: Resource, connect: Connect
) -> None:
    """One is busy and one is stopped; neither notices that its postmaster is gone."""
    resource = patient
    assert resource.online().returncode == 0
    busy, stopped = connect(resource.server), connect(resource.server)
    threading.Thread(target=_compute, args=(busy,), daemon=True).start()
    pids = [busy.info.backend_pid, stopped.info.backend_pid]
    wait_until(lambda: _state(pids[0]) == "R", "it computes")
    os.kill(pids[1], signal.SIGSTOP)
    os.kill(resource.known().postmaster, signal.SIGKILL)
    result = resource.offline(limit=AT_ONCE)

    assert result.returncode == 0, result.stderr
    assert all(map(gone, pids))
    assert resource.check() == OFFLINE


def _compute(session: psycopg.Connection) -> None:
    try:
        session.execute(
            "do $$ declare i int := 0; begin loop i := 1 - i; end loop; end $$"
        )
    except psycopg.Error:
        pass


def _state(pid: int) -> str:
    stat = proc.read_stat(pid)
    return stat[0] if stat else ""


ARCHIVING = {"archive_mode": "on"}


def _command(directory: Path, script: str) -> str:
    """Return an archive_command that runs *script*, and leaves a file to wait for."""
    path = directory / "home" / "archive.sh"
    began = shlex.quote(str(directory / "home" / "archiving"))
    path.write_text(f"#!/bin/sh\ntouch {began}\n{script}\n")
    path.chmod(0o755)
    return str(path)


def _hang_in_archiving(resource: Resource, directory: Path) -> list[int]:
    """Let the archiver hang; return the processes of its command."""
    resource.server.ask("select pg_switch_wal()", "postgres")
    began = directory / "home" / "archiving"
    wait_until(began.exists, "the archiver is at work")
    wait_until(lambda: _sleeps(directory), "its command sleeps")
    return _sleeps(directory)


def _sleeps(directory: Path) -> list[int]:
    return [
        pid for pid in of_directory(directory) if proc.cmdline(pid)[:1] == ["sleep"]
    ]


@pytest.mark.one_postgres
@pytest.mark.parametrize(
    "script",
    [
        "trap '' INT QUIT TERM HUP; while :; do sleep 1000; done",
        "setsid sh -c 'sleep 1000' & sleep 1000",
        "setsid sleep 1000 < /dev/null > /dev/null 2>&1 & sleep 0.2; exit 1",
    ],
    ids=["ignores signals", "in a session of its own", "left behind"],
)
def test_what_an_archive_command_has_begun_is_ended(
    make_server: MakeServer, make_resource: MakeResource, open_tmp: Path, script: str
) -> None:
    command = _command(open_tmp, script)
    server = make_server(**ARCHIVING, archive_command=command)
    resource = make_resource(server)
    assert resource.online().returncode == 0
    pids = _hang_in_archiving(resource, open_tmp)
    result = resource.offline(env={"HV_OFFLINE_REASON": "SWITCH"})

    assert result.returncode == 0, result.stderr
    assert pids
    assert all(map(gone, pids))
    assert not _sleeps(open_tmp)
