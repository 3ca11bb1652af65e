"""What pgx_online refuses, with the reason, and what is then as it was before."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.os_user import OsUser, plain_environment
from fixtures.processes import gone
from fixtures.server import Server
from tests.fix_postgres import MakeServer
from tests.fix_resource import OFFLINE, MakeResource, Resource, Result
from tests.postgres.online_runs import nothing_is_left


def refused(resource: Resource, *, limit: float = 50.0) -> Result:
    """Run pgx_online, see that it fails and leaves nothing, and return what it said."""
    began = time.monotonic()
    result = resource.online(limit=limit)

    assert result.returncode == 1, result.stderr
    assert time.monotonic() - began < limit
    assert "pgx_online: error: " in result.stderr
    assert resource.check() == OFFLINE
    return result


# --- the data directory -------------------------------------------------------


@pytest.mark.one_postgres
def test_a_data_directory_that_is_not_there(resource: Resource) -> None:
    resource.server.remove()
    result = refused(resource)

    assert f'no instance in data directory "{resource.server.data}"' in result.stderr
    assert "hint: Mount the shared disk's file system first" in result.stderr
    nothing_is_left(resource)


@pytest.mark.one_postgres
def test_an_empty_data_directory(resource: Resource, os_user: OsUser) -> None:
    resource.server.remove()
    resource.server.data.mkdir(mode=0o700)
    os_user.own(resource.server.data)

    assert '"PG_VERSION" could not be read' in refused(resource).stderr
    assert list(resource.server.data.iterdir()) == []


@pytest.mark.one_postgres
@pytest.mark.root
def test_a_data_directory_of_another_user(resource: Resource) -> None:
    os.chown(resource.server.data, 12345, 12345)
    resource.server.data.chmod(0o755)
    result = refused(resource)

    assert "has wrong ownership" in result.stderr
    assert "It belongs to uid 12345" in result.stderr


def test_a_data_directory_with_a_wrong_mode(resource: Resource) -> None:
    resource.server.data.chmod(0o755)

    assert "has invalid permissions" in refused(resource).stderr
    nothing_is_left(resource)


@pytest.mark.one_postgres
def test_a_data_directory_that_is_closed(resource: Resource) -> None:
    resource.server.data.chmod(0o000)

    assert "Permission denied" in refused(resource).stderr
    nothing_is_left(resource)


def test_a_data_directory_of_another_major_version(resource: Resource) -> None:
    (resource.server.data / "PG_VERSION").write_text("14\n")
    result = refused(resource)

    assert "no server program of PostgreSQL 14" in result.stderr
    assert (
        f"{resource.server.binaries.directory}: {resource.server.binaries.major}"
        in (result.stderr)
    )
    assert "this directory has the right programs" in result.stderr


@pytest.mark.one_postgres
def test_without_programs_of_that_version_on_the_node(
    make_resource: MakeResource, server: Server
) -> None:
    (server.data / "PG_VERSION").write_text("13\n")
    resource = make_resource(server, bin_dir=None)
    result = refused(resource)

    assert "no server program of PostgreSQL 13 on this node" in result.stderr
    assert "/usr/lib/postgresql/13/bin: none" in result.stderr


@pytest.mark.one_postgres
def test_a_control_file_that_is_gone(resource: Resource) -> None:
    (resource.server.data / "global" / "pg_control").unlink()

    assert "could not read" in refused(resource).stderr


# --- what the server itself refuses -------------------------------------------


def test_a_configuration_that_cannot_be_read(resource: Resource) -> None:
    (resource.server.data / "postgresql.conf").unlink()
    result = refused(resource)

    assert 'could not start instance "pgxtest": ' in result.stderr
    assert "postgresql.conf" in result.stderr
    nothing_is_left(resource)


def test_an_unknown_parameter_is_quoted_at_once(resource: Resource) -> None:
    resource.server.configure(no_such_parameter="1")
    result = refused(resource)

    assert "no_such_parameter" in result.stderr
    assert "server.log" in result.stderr


def test_a_port_that_another_server_has(
    make_server: MakeServer, make_resource: MakeResource
) -> None:
    other = make_server("other")
    server = make_server("data")
    server.configure(
        port=other.port, unix_socket_directories=str(other.sockets), listen_addresses=""
    )
    pid = other.start_plain()
    result = refused(make_resource(server))

    assert "FATAL:" in result.stderr
    assert not gone(pid)
    assert other.answers()


def test_what_a_log_collector_took_is_quoted(resource: Resource) -> None:
    resource.server.configure(logging_collector="on", hba_file="/nowhere/pg_hba.conf")

    assert "pg_hba.conf" in refused(resource).stderr
    nothing_is_left(resource)


# --- stale PID files that only PostgreSQL may judge ----------------------------


@pytest.mark.parametrize("text", ["", "garbage\nmore\n", "\0\0\0\0"])
def test_a_pid_file_that_names_nobody_can_be_left_to_a_person(
    make_resource: MakeResource, server: Server, text: str
) -> None:
    resource = make_resource(server, broken_pid_file="refuse")
    pid_file = resource.server.data / "postmaster.pid"
    pid_file.write_text(text)
    os.chown(pid_file, resource.server.user.uid, -1)
    result = refused(resource)

    assert "postmaster.pid" in result.stderr
    assert "was not removed: --broken-pid-file is refuse" in result.stderr
    assert "remove it" in result.stderr
    assert pid_file.read_text() == text
    nothing_is_left(resource)


def test_a_standalone_backend_is_not_disturbed(resource: Resource) -> None:
    server = resource.server
    backend = subprocess.Popen(
        [server.binaries.path("postgres"), "--single", "-D", server.data, "template1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=plain_environment(server.user.name),
        cwd="/",
        **server.user.popen_options(),
    )
    assert backend.stdout is not None
    try:
        _until_prompt(backend)
        result = refused(resource)

        assert "in use by a standalone backend" in result.stderr
        assert str(backend.pid) in result.stderr
        assert backend.poll() is None
    finally:
        backend.communicate(timeout=60)


def _until_prompt(backend: subprocess.Popen[bytes]) -> None:
    assert backend.stdout is not None
    said = b""
    while b"backend> " not in said:
        more = os.read(backend.stdout.fileno(), 4096)
        assert more, said
        said += more


@pytest.mark.one_postgres
def test_a_negative_pid_is_refused(resource: Resource) -> None:
    pid_file = resource.server.data / "postmaster.pid"
    pid_file.write_text(f"-{os.getpid()}\n{resource.server.data}\n")
    os.chown(pid_file, resource.server.user.uid, -1)

    assert "in use by a standalone backend" in refused(resource).stderr


# --- pg_wal and tablespaces ----------------------------------------------------


def _with_tablespace(server: Server, where: Path) -> None:
    """Give the instance a tablespace with a table in it, and stop it."""
    where.mkdir(mode=0o700)
    server.user.own(where)
    server.start_plain()
    server.ask(f"create tablespace ts location '{where}'")
    server.ask("create table t (n int) tablespace ts; insert into t values (1)")
    server.stop()


def test_a_tablespace_that_is_not_mounted_is_refused_by_name(
    resource: Resource, open_tmp: Path
) -> None:
    _with_tablespace(resource.server, open_tmp / "ts")
    (open_tmp / "ts").rename(open_tmp / "away")
    (open_tmp / "ts").mkdir()
    result = refused(resource)

    assert f'is not mounted: "{open_tmp / "ts"}" is not complete' in result.stderr
    assert "Mount the file system" in result.stderr


@pytest.mark.one_postgres
def test_a_log_directory_that_is_not_there_is_refused_by_name(
    resource: Resource, open_tmp: Path
) -> None:
    wal = resource.server.data / "pg_wal"
    shutil.move(wal, open_tmp / "wal")
    wal.symlink_to(open_tmp / "wal")
    (open_tmp / "wal").rename(open_tmp / "away")

    assert "pg_wal is not mounted" in refused(resource).stderr


# --- the request itself ---------------------------------------------------------


@pytest.mark.one_postgres
def test_a_request_for_standby_names_standbycap(resource: Resource) -> None:
    result = resource.online(env={"HV_INTENDED_STATE": "Standby"})

    assert result.returncode == 1
    assert "STANDBYCAP" in result.stderr
    nothing_is_left(resource)


@pytest.mark.one_postgres
@pytest.mark.parametrize("name", ["nosuch", "", "../x", "a b"])
def test_an_unknown_name_is_refused(resource: Resource, name: str) -> None:
    assert resource.run("pgx_online", name).returncode == 1


@pytest.mark.root
@pytest.mark.one_postgres
def test_another_user_is_refused(resource: Resource) -> None:
    line = [str(command("pgx_online")), resource.name]
    result = subprocess.run(
        ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", *line],
        env=resource.environment(),
        text=True,
        capture_output=True,
        cwd="/",
    )

    assert result.returncode == 1
    assert "must be run as root or as OS user" in result.stderr
