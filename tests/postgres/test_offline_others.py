"""Who else is in the data directory: named with PID and command, and never signalled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.disk import Disk
from fixtures.os_user import OsUser
from fixtures.processes import gone, wait_until
from fixtures.server import Server
from pgx_base import proc
from pgx_postgres.processes import bystanders, looking
from tests.fix_postgres import MakeServer
from tests.fix_resource import OFFLINE, MakeResource, Resource
from tests.postgres.stopping import stopped_with_a_look

Start = Callable[..., subprocess.Popen[bytes]]

# What others do is the same to every server.
pytestmark = pytest.mark.one_postgres


@pytest.fixture
def start(os_user: OsUser) -> Iterator[Start]:
    """Return a function that starts a program, as the OS user or as whoever we are."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*argv: str, cwd: Path, own: bool = True) -> subprocess.Popen[bytes]:
        options = os_user.popen_options() if own else {}
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **options,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("own", [True, False], ids=["OS user", "caller"])
def test_a_shell_in_the_data_directory(
    resource: Resource, start: Start, own: bool
) -> None:
    assert resource.online().returncode == 0
    where = resource.server.data / "base"
    shell = start("sh", "-c", "sleep 1000; exit", cwd=where, own=own)
    result = stopped_with_a_look(resource)

    assert result.returncode == 0, result.stderr
    assert shell.poll() is None
    assert f"process {shell.pid} of user" in result.stderr
    assert (
        f"(sh -c sleep 1000; exit) has its working directory at {where}"
        in result.stderr
    )
    assert resource.check() == OFFLINE


READER = "import sys, time; file = open(sys.argv[1]); time.sleep(1000)"


def test_a_backup_that_reads_the_data_directory(
    resource: Resource, start: Start
) -> None:
    """As tar does: an open file, and the working directory elsewhere."""
    assert resource.online().returncode == 0
    read = resource.server.data / "global" / "pg_control"
    backup = start(
        sys.executable, "-IS", "-c", READER, str(read), cwd=Path("/"), own=False
    )
    wait_until(lambda: _has_open(backup.pid, read), "the backup reads")
    result = stopped_with_a_look(resource)

    assert result.returncode == 0, result.stderr
    assert backup.poll() is None
    assert f"process {backup.pid} of user" in result.stderr
    assert f"has open {read}" in result.stderr


def _has_open(pid: int, path: Path) -> bool:
    try:
        fds = os.listdir(f"/proc/{pid}/fd")
        return any(os.readlink(f"/proc/{pid}/fd/{fd}") == str(path) for fd in fds)
    except OSError:
        return False


def test_a_server_program_that_only_looks_is_no_instance(
    resource: Resource, start: Start, open_tmp: Path
) -> None:
    """A file manager may be called postgres; only the executable and the place count."""
    assert resource.online().returncode == 0
    program = open_tmp / "postgres-look"
    shutil.copy("/bin/sleep", program)
    program.chmod(0o755)
    looker = start(str(program), "1000", cwd=resource.server.data)
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert looker.poll() is None


def test_another_instance_that_ours_has_started_is_left_alone(
    make_server: MakeServer, make_resource: MakeResource, open_tmp: Path
) -> None:
    """As by a script that the server runs: it has our lock on the data directory, too."""
    ours, other = make_server("data"), make_server("other")
    resource = make_resource(ours)
    assert resource.online().returncode == 0
    start = (
        f"{ours.binaries.path('pg_ctl')} start -w -D {other.data} -l {other.data}/log"
    )
    ours.ask(f"copy (select 1) to program '{start} >/dev/null 2>&1'", "postgres")
    pid = other.pid()
    assert pid is not None
    result = stopped_with_a_look(resource, "FAULT")

    assert result.returncode == 0, result.stderr
    assert other.answers(), resource.trace()
    assert f"{pid} " in result.stderr
    other.stop()


@pytest.mark.root
def test_whoever_keeps_the_mount_busy_is_named(
    server_on_disk: Callable[..., Server],
    disk: Disk,
    make_resource: MakeResource,
    start: Start,
) -> None:
    resource = make_resource(server_on_disk())
    shell = start("sleep", "1000", cwd=disk.point, own=False)
    result = stopped_with_a_look(resource)

    assert result.returncode == 0
    assert f"process {shell.pid} of user root (sleep 1000)" in result.stderr
    shell.kill()
    shell.wait()
    assert (
        stopped_with_a_look(resource).stderr
        == 'pgx_offline: info: instance "pgxtest" is Offline\n'
    )
    disk.unmount()


def test_the_calling_shell_is_named_too(resource: Resource) -> None:
    assert resource.online().returncode == 0
    for _ in range(3):  # a disk that hangs in a test beside this one may end a look
        shell, errors = _offline_by_a_shell(resource)
        if looking.TOO_LONG not in errors:
            break
    assert f"process {shell} of user" in errors, errors


def _offline_by_a_shell(resource: Resource) -> tuple[int, str]:
    """Return the shell's PID, and what Offline said to it."""
    process = subprocess.Popen(
        ["sh", "-c", 'pgx="$0"; "$pgx" "$@"; exit', _command(), resource.name],
        env=resource.environment(),
        cwd=resource.server.data,
        stderr=subprocess.PIPE,
        text=True,
    )
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return process.pid, errors


def _command() -> str:
    return str(Path(sys.executable).parent / "pgx_offline")


def test_nobody_is_named_without_a_reason(open_tmp: Path) -> None:
    where = open_tmp.stat()

    assert bystanders.find([(where.st_dev, where.st_ino)], set()) == []


def test_what_is_named_has_an_end(open_tmp: Path, start: Start) -> None:
    """Many processes there are counted, not listed."""
    many = bystanders.MOST_NAMED + 5
    pids = {start("sleep", "1000", cwd=open_tmp).pid for _ in range(many)}
    where = open_tmp.stat()
    found = bystanders.find([(where.st_dev, where.st_ino)], set())

    assert len(found) == bystanders.MOST_NAMED + 1
    assert found[-1] == "and 5 more"
    assert bystanders.find([(where.st_dev, where.st_ino)], pids) == []


def test_a_shell_in_a_tablespace(
    resource: Resource, start: Start, open_tmp: Path, os_user: OsUser
) -> None:
    space = open_tmp / "space"
    space.mkdir(mode=0o700)
    os_user.own(space)
    assert resource.online().returncode == 0
    resource.server.ask(f"create tablespace s location '{space}'", "postgres")
    shell = start("sleep", "1000", cwd=space)
    result = stopped_with_a_look(resource)

    assert result.returncode == 0, result.stderr
    assert f"process {shell.pid} of user" in result.stderr


def test_a_database_client_in_the_data_directory_is_left_alone(
    resource: Resource, start: Start
) -> None:
    """psql is not the server, whoever runs it and wherever."""
    assert resource.online().returncode == 0
    server = resource.server
    client = start(
        str(server.binaries.path("psql")),
        *("-h", str(server.sockets), "-p", str(server.port), "-U", server.user.name),
        *("-d", "postgres", "-c", "select pg_sleep(1000)", "-c", "\\! sleep 1000"),
        cwd=server.data,
    )
    wait_until(
        lambda: (
            "pg_sleep"
            in server.ask("select string_agg(query, '') from pg_stat_activity")
        ),
        "it is connected",
    )
    postmaster = resource.known().postmaster
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert gone(postmaster)
    assert proc.read_stat(client.pid) is not None
