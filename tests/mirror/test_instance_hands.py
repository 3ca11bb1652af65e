"""Hands that find, start and stop the server: of the directory that is open, and within a time."""

from __future__ import annotations

import os
import select
import signal
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.binaries import Binaries
from fixtures.hung_disk import HungDisk
from fixtures.os_user import OsUser
from fixtures.server import Server, copy_data_directory
from pgx_base.failure import Failure
from pgx_mirror.controller.jobs import instance, output
from pgx_mirror.controller.jobs.site import Site
from pgx_mirror.hands.line import Line
from pgx_postgres.running import guard
from tests.fix_postgres import MakeServer

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]
_WITHIN = 60.0  # seconds

LINE = Line(-1, -1)


@pytest.fixture
def server(make_server: MakeServer) -> Server:
    return make_server("a")


@pytest.fixture
def bare(open_tmp: Path, postgresql: Binaries, os_user: OsUser) -> Server:
    """What looks like a data directory until a server is started in it."""
    made = Server(postgresql, os_user, open_tmp / "home" / "a", open_tmp)
    made.data.mkdir(mode=0o700)
    (made.data / "PG_VERSION").write_text(f"{postgresql.major}\n")
    os_user.own(made.data)
    return made


def site_of(server: Server, log: Path | None = None) -> Site:
    """Return the site of *server*, its directory opened as it is now."""
    user = server.user
    dir_fd = os.open(server.data, os.O_RDONLY | os.O_DIRECTORY)
    log = log or server.data.with_name("a.server.log")
    return Site(
        "server1", str(server.data), dir_fd, str(server.binaries.directory), str(log),
        user.uid, "/", user.name, "", "postgres",
    )  # fmt: skip


def said_by(server: Server, job: Callable[[], object]) -> str:
    """Have *job* done by a child of the OS user's, and return what it says."""
    user = server.user
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([user.gid]) if user.other else None
            os.setresgid(*[user.gid] * 3)
            os.setresuid(*[user.uid] * 3)
            os.set_inheritable(writer, False)
            os.write(writer, _words(job).encode())
        finally:
            os._exit(0)
    os.close(writer)
    try:
        assert select.select([reader], [], [], _WITHIN)[0], "it hangs"
        return os.read(reader, 1 << 16).decode()
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _words(job: Callable[[], object]) -> str:
    try:
        return repr(job())
    except Failure as ex:
        return ex.primary
    except Exception as ex:  # noqa: BLE001  # the test is to tell
        return "".join(traceback.format_exception(ex))


def put_another_there(server: Server) -> Server:
    """Rename the data directory away, put a copy at its path, and return where it is now."""
    moved = server.data.with_name("moved")
    server.data.rename(moved)
    copy_data_directory(moved, server.data)
    (server.data / "postmaster.pid").unlink(missing_ok=True)
    return Server(server.binaries, server.user, moved, server.sockets)


def test_no_server_is_started_on_another_directory_than_marks_are_written_into(
    bare: Server,
) -> None:
    site = site_of(bare)
    moved = put_another_there(bare)

    said = said_by(bare, lambda: instance.start(LINE, site, 30))

    assert "another directory is at the path of data directory" in said
    assert bare.pid() is None
    assert moved.pid() is None


def test_a_server_whose_directory_was_renamed_is_found_and_stopped(
    server: Server,
) -> None:
    site = site_of(server)
    pid = server.start_plain()
    moved = put_another_there(server)
    assert moved.pid() == pid

    assert f"({pid}, " in said_by(server, lambda: instance.found(site))
    stopped = said_by(server, lambda: instance.stop(LINE, site, "fast", None, 30))

    assert "left=''" in stopped
    assert moved.pid() is None


def test_the_server_of_another_directory_at_its_path_is_left_alone(
    server: Server,
) -> None:
    site = site_of(server)
    put_another_there(server)
    pid = server.start_plain()

    assert "postmaster=None" in said_by(server, lambda: instance.found(site))
    said_by(server, lambda: instance.stop(LINE, site, "fast", None, 30))

    assert server.pid() == pid
    assert server.answers()


@pytest.mark.parametrize("reads", [False, True])
def test_a_log_that_is_a_fifo_is_refused_and_nothing_is_started(
    bare: Server, reads: bool
) -> None:
    log = bare.data.with_name("a.server.log")
    os.mkfifo(log)
    bare.user.own(log)
    reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK) if reads else -1
    site = site_of(bare, log)

    said = said_by(bare, lambda: instance.start(LINE, site, 30))

    assert said == f'could not open the server\'s log "{log}": it is a FIFO'
    assert bare.pid() is None
    if reads:
        os.close(reader)


@pytest.fixture
def hung_disk(open_tmp: Path) -> Iterator[HungDisk]:
    """A file system that answers until it is told to hang."""
    point = open_tmp / "hung"
    point.mkdir()
    disk = HungDisk(point)
    try:
        disk.mount()
    except OSError:
        pytest.skip("no FUSE file system can be mounted")
    yield disk
    disk.remove()


@pytest.mark.root
def test_a_log_on_a_disk_that_hangs_is_not_waited_for_and_no_guard_is_held(
    bare: Server, hung_disk: HungDisk
) -> None:
    site = site_of(bare, hung_disk.point / "a.server.log")
    hung_disk.hang()

    said = said_by(bare, lambda: instance.start(LINE, site, 30))

    assert "does not answer within 5 s" in said  # however much of the 30 has passed
    taken, problem = guard.take_if_free(str(bare.data))
    assert (taken is not None, problem) == (True, None)
    assert taken is not None
    os.close(taken)


def test_a_log_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "a.server.log"
    path.write_text("old\n")

    fd = output.opened(str(path), 30)
    os.write(fd, b"new\n")
    os.close(fd)

    assert path.read_text() == "old\nnew\n"
