"""Fixtures: PostgreSQL servers, and directories that the OS user can work in."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from fixtures import binaries, processes
from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from fixtures.os_user import os_user as instances_user
from fixtures.server import Server, make_data_directory
from pgx_base import proc
from tests.data_directories import DataDirectories

_SESSION = "PGX_TEST_SESSION"
_PREFIX = "pgx-test-"
directories = DataDirectories()  # of this worker


def pytest_configure(config: pytest.Config) -> None:
    """Make the directory of the data directories that all workers copy from."""
    if not hasattr(config, "workerinput"):
        path = tempfile.mkdtemp(prefix=_PREFIX, dir="/tmp")
        Path(path).chmod(0o755)
        os.environ[_SESSION] = path


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove that directory, and shared memory that killed servers have left."""
    if not hasattr(config, "workerinput"):
        path = Path(os.environ.pop(_SESSION))
        since = path.stat().st_ctime
        shutil.rmtree(path, ignore_errors=True)
        _remove_dead_memory(since)


def _remove_dead_memory(since: float) -> None:
    """Unlink POSIX shared memory that nobody maps; a killed postmaster cannot.

    Not while any server runs: for some of a live one's there is no process that maps it.
    """
    if any(os.path.basename(proc.exe(pid) or "") == "postgres" for pid in proc.pids()):
        return
    mapped = b"".join(_maps(pid) for pid in proc.pids())
    for path in Path("/dev/shm").glob("PostgreSQL.*"):
        try:
            found = path.stat()
            settled = time.time() - found.st_mtime > 5
            if found.st_ctime > since and settled and os.fsencode(path) not in mapped:
                path.unlink()
        except OSError:
            pass


def _maps(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/maps").read_bytes()
    except OSError:
        return b""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses `binaries` once for each PostgreSQL, or on one where that is enough."""
    if "postgresql" not in metafunc.fixturenames:
        return
    once = metafunc.definition.get_closest_marker("one_postgres")
    wanted = list(binaries.found())
    if once is not None:
        chosen = binaries.chosen(*once.args or ("newest",))
        wanted = [chosen] if chosen else []
    missing = pytest.param(
        None, marks=pytest.mark.skip(reason="no such PostgreSQL found")
    )
    metafunc.parametrize("postgresql", wanted or [missing], ids=str, scope="session")


@pytest.fixture(scope="session")
def os_user() -> OsUser:
    """Whom servers run as: postgres or nobody for root, else ourselves."""
    return instances_user()


@pytest.fixture
def bindir(postgresql: Binaries) -> Path:
    """The directory of the server's binaries."""
    return postgresql.directory


@pytest.fixture
def open_tmp(os_user: OsUser) -> Iterator[Path]:
    """A short directory that every user can go through; what it started is killed.

    `open_tmp/home` is the OS user's own.  (pytest's tmp_path is closed to others, and
    too long for a socket's path.)
    """
    with open_directory(os_user) as path:
        yield path


@contextmanager
def open_directory(os_user: OsUser) -> Iterator[Path]:
    """Make what `open_tmp` is, for fixtures of a wider scope."""
    path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir="/tmp"))
    path.chmod(0o755)
    (path / "home").mkdir(mode=0o755)
    os_user.own(path / "home")
    try:
        yield path
    finally:
        running = processes.of_directory(path)
        segments, shared = _segments(path), _mapped_memory(running)
        left = processes.end_all(path) if running else []
        for segment in segments:
            subprocess.run(["ipcrm", "-m", segment], stderr=subprocess.DEVNULL)
        for file in shared:
            file.unlink(missing_ok=True)
        if not left:
            directories.give_back(path)
        shutil.rmtree(path, ignore_errors=True)
    assert not left, f"still running: {left}"


def _mapped_memory(running: list[int]) -> set[Path]:
    """Return the POSIX shared memory of the servers among *running*."""
    maps = b"".join(_maps(pid) for pid in running)
    return {
        Path(os.fsdecode(name))
        for name in re.findall(rb"/dev/shm/PostgreSQL\.\d+", maps)
    }


def _segments(path: Path) -> list[str]:
    """Return the shared memory that PID files below *path* name on line 7."""
    found = []
    for pid_file in path.glob("*/postmaster.pid"):
        try:
            words = pid_file.read_text().split("\n")[6].split()
        except (OSError, IndexError, UnicodeDecodeError):
            continue
        found += words[1:2]
    return found


@pytest.fixture(scope="session")
def template(postgresql: Binaries, os_user: OsUser) -> Path:
    """A data directory made once, for all workers to copy.  Never start a server on it."""
    session = Path(os.environ[_SESSION])
    where = session / str(postgresql)
    with (session / f"{postgresql}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not where.exists():
            beside = session / f"{postgresql}.new"
            beside.mkdir(mode=0o700)
            os_user.own(beside)
            make_data_directory(postgresql, os_user, beside)
            beside.rename(where)
    return where


MakeServer = Callable[..., Server]


@pytest.fixture
def make_server(
    postgresql: Binaries, template: Path, open_tmp: Path, os_user: OsUser
) -> MakeServer:
    """Return a function that makes an instance: `make_server("data", max_connections=5)`."""

    return partial(make_instance, postgresql, template, open_tmp, os_user)


def make_instance(
    binaries: Binaries,
    template: Path,
    place: Path,
    os_user: OsUser,
    name: str = "data",
    **settings: object,
) -> Server:
    """Make an instance below *place*, a copy of *template*."""
    sockets = place / f"s-{name}"
    sockets.mkdir(mode=0o755)
    os_user.own(sockets)
    directories.make(template, place / name)
    server = Server(binaries, os_user, place / name, sockets)
    server.set_up(**settings)
    return server


@pytest.fixture
def server(make_server: MakeServer) -> Server:
    """An instance that does not run yet."""
    return make_server()
