"""What belongs to an instance and heads it, what belongs and does not, and what cannot be told."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.os_user import plain_environment
from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_base import proc
from pgx_pclrsc import runentry
from pgx_pclrsc.core import names
from pgx_postgres.processes import memory, postmasters
from tests.fix_resource import OFFLINE, ONLINE, MakeResource, Resource
from tests.postgres.disguised import copied, started
from tests.postgres.online_runs import online
from tests.postgres.stopping import stopped_with_a_look

pytestmark = pytest.mark.postgres
# A program with capabilities finds no libraries beside itself, as the wheel's are.
SYSTEMS_OWN = pytest.mark.one_postgres("nls")


# --- what the instance has begun ----------------------------------------------


def _archiving(server: Server, where: Path) -> Path:
    """Let the archiver begin a psql that waits for ever, and return where it says its PID."""
    told = where / "home" / "archiving"
    psql = f"{server.binaries.path('psql')} -h {server.sockets} -p {server.port}"
    line = f'echo $$ > {told}; {psql} -U {server.user.name} -c "select pg_sleep(1000)"'
    line += " template1 > /dev/null 2>&1; sleep 1000"
    server.configure(archive_mode="on", archive_command=f"{line} # %p")
    return told


def _lose_all_names(resource: Resource) -> None:
    resource.kill_monitor()
    (resource.work / names.RECORD).unlink()
    runentry.remove(str(resource.registry), resource.name)


@pytest.fixture
def orphaned(resource: Resource, open_tmp: Path) -> int:
    """A hung archive_command that holds the guard; its postmaster was killed, all names lost."""
    told = _archiving(resource.server, open_tmp)
    postmaster = online(resource)
    resource.server.ask("select pg_switch_wal()", "postgres")
    wait_until(lambda: told.exists() and told.read_text().strip(), "it archives")
    _lose_all_names(resource)
    command = int(told.read_text())
    archiver = proc.read_stat(command)
    assert archiver is not None
    ended = (postmaster, archiver[1])  # the archiver waits for its command
    for pid in ended:
        kill(pid)
    wait_until(lambda: all(map(gone, ended)), "they are gone")
    return command


@pytest.mark.one_postgres
def test_a_hung_archive_command_heads_nothing(
    resource: Resource, orphaned: int
) -> None:
    """Check takes it for no server, no monitor adopts it, and Offline ends it unasked."""
    assert resource.check() == OFFLINE
    wait_until(lambda: not resource.monitor_runs(), "no monitor stays")
    assert resource.check() == OFFLINE
    assert not gone(orphaned)
    result = resource.offline()

    assert (result.returncode, gone(orphaned)) == (0, True), result.stderr
    assert "requesting" not in resource.trace()


@pytest.mark.one_postgres
def test_online_ends_a_hung_archive_command_before_it_starts(
    resource: Resource, orphaned: int
) -> None:
    result = resource.online()

    assert result.returncode == 0, result.stderr
    assert "ending what is left" in result.stderr
    assert "stopping postmaster" not in result.stderr
    assert gone(orphaned)


# --- what is closed to the OS user --------------------------------------------


_IPC_LOCK = struct.pack("<5I", 0x02000001, 1 << 14, 0, 0, 0)  # linux/capability.h


@pytest.fixture
def closed(server: Server, open_tmp: Path) -> Iterator[int]:
    """A server whose program has a capability: /proc hides it from its own user.

    (PostgreSQL itself refuses to run from a program that it may not read.)
    """
    program = copied(server, open_tmp)
    os.setxattr(program, "security.capability", _IPC_LOCK)
    pid = started(server, program)
    asked = subprocess.run(
        ["readlink", f"/proc/{pid}/cwd"], **server.user.popen_options()
    )
    assert asked.returncode == 1
    yield pid
    kill(pid, signal.SIGQUIT)
    wait_until(lambda: gone(pid), "it has ended")


@pytest.mark.root
@SYSTEMS_OWN
def test_a_closed_server_is_known_by_its_pid_file(
    make_resource: MakeResource, server: Server, closed: int
) -> None:
    resource = make_resource(server)
    assert online(resource) == closed
    result = resource.offline()

    assert (result.returncode, gone(closed)) == (0, True), result.stderr


@pytest.mark.root
@SYSTEMS_OWN
def test_a_closed_server_without_its_pid_file_cannot_be_told(
    make_resource: MakeResource, server: Server, closed: int
) -> None:
    resource = make_resource(server)
    pid_file = server.data / "postmaster.pid"
    kept = pid_file.read_bytes()
    pid_file.unlink()
    result = resource.offline()
    refused = resource.online()
    pid_file.write_bytes(kept)
    server.user.own(pid_file)

    assert (result.returncode, refused.returncode) == (1, 1)
    for said in (result.stderr, refused.stderr):
        assert f"{closed} (" in said
        assert "it may not be looked into" in said
    assert not gone(closed)


# --- another container's ------------------------------------------------------


@pytest.mark.root
@pytest.mark.one_postgres
def test_shared_memory_of_another_container_proves_nothing(server: Server) -> None:
    """Its ids are used again there, from 0 on."""
    user = server.user
    become = f"setpriv --reuid={user.uid} --regid={user.gid} --clear-groups"
    program = f"{server.binaries.path('postgres')} -D {server.data}"
    process = subprocess.Popen(
        ["unshare", "--ipc", "sh", "-c", f"exec {become} {program}"],
        env=plain_environment(user.name),
        cwd="/",
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(server.answers, "it answers", 60)

        assert "/SYSV" in Path(f"/proc/{process.pid}/maps").read_text()
        assert memory.mapped(process.pid) == {}
        assert process.pid in postmasters.of_user(user.uid)
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(timeout=60)


# --- who only works there -----------------------------------------------------


@pytest.mark.one_postgres
def test_the_tools_of_an_administrator_are_no_server(
    resource: Resource, open_tmp: Path
) -> None:
    """pg_ctl waits for its server, pg_basebackup reads: both in the data directory."""
    server = resource.server
    pid = server.start_plain()
    where = ["-h", str(server.sockets), "-p", str(server.port), "-U", server.user.name]
    programs = server.binaries
    lines: list[list[str | Path]] = [
        [programs.path("pg_isready"), *where, "-t", "1"],
        [programs.path("pg_ctl"), "-D", server.data, "promote", "-w", "-t", "1000"],
        [programs.path("pg_receivewal"), *where, "-D", open_tmp / "home", "-s", "1"],
    ]
    tools = [
        subprocess.Popen(
            line,
            cwd=server.data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **server.user.popen_options(),
        )
        for line in lines
    ]
    try:
        resource.check()
        resource.wait_for(ONLINE)
        assert resource.known().postmaster == pid
        os.kill(tools[-1].pid, signal.SIGSTOP)
        result = stopped_with_a_look(resource, "FAULT")

        assert (result.returncode, gone(pid)) == (0, True), result.stderr
        assert proc.read_stat(tools[-1].pid) is not None
        assert tools[-1].poll() is None
        assert f"process {tools[-1].pid} of user" in result.stderr
    finally:
        for tool in tools:
            tool.kill()
            tool.wait()
