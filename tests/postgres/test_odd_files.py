"""Odd things in the place of files that the OS user can replace: they hold nobody up."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.processes import gone
from fixtures.server import Server
from tests.fix_resource import ONLINE, MakeResource, Resource
from tests.postgres.online_runs import nothing_is_left, online

pytestmark = pytest.mark.one_postgres


def _fifo(path: Path) -> None:
    os.mkfifo(path, 0o600)


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse: to read it all would never end


def _link(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _directory(path: Path) -> None:
    path.mkdir()


_ODD = (_fifo, _huge, _link, _directory)
Make = Callable[[Path], None]


def _put(server: Server, name: str, make: Make) -> None:
    path = server.data / name
    path.unlink(missing_ok=True)
    make(path)
    os.chown(path, server.user.uid, server.user.gid, follow_symlinks=False)


def _take_away(path: Path) -> None:
    """Remove it, unless the server has done so in ending."""
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


@pytest.mark.parametrize("make", _ODD)
def test_the_list_of_log_files(
    make_resource: MakeResource, server: Server, make: Make
) -> None:
    """What the server's own log collector writes to is read before each start."""
    _put(server, "current_logfiles", make)
    result = make_resource(server).online()

    assert "could not finish in time" not in result.stderr
    shutil.rmtree(server.data / "current_logfiles", ignore_errors=True)


@pytest.mark.parametrize("make", [_fifo, _link, _directory])
def test_the_pid_file_of_a_server_that_runs(resource: Resource, make: Make) -> None:
    """The server itself hangs at a FIFO when it is asked to stop: it is killed in time."""
    pid = online(resource)
    path = resource.server.data / "postmaster.pid"
    path.unlink()
    make(path)
    resource.kill_monitor()
    try:
        assert resource.check() == ONLINE
        result = resource.offline()
    finally:
        _take_away(path)

    assert result.returncode == 0, result.stderr
    assert gone(pid)
    nothing_is_left(resource)


@pytest.mark.parametrize("name", ["monitor.lock", "transition.lock"])
@pytest.mark.parametrize(
    ("make", "what"),
    [(_fifo, "a FIFO"), (_link, "a symbolic link"), (_directory, "a directory")],
)
def test_a_lock_file_is_named_for_what_it_is(
    resource: Resource, name: str, make: Make, what: str
) -> None:
    """Not "Too many levels of symbolic links", and no internal error."""
    path = resource.work / name
    path.unlink()
    make(path)
    try:
        started = resource.online()
        stopped = resource.offline()
    finally:
        _take_away(path)

    assert started.returncode == 1
    assert f": it is {what}\n" in started.stderr
    assert "internal error" not in started.stderr
    assert stopped.returncode == 0, stopped.stderr
    nothing_is_left(resource)
