"""pgx_rcvall where directories lie one within another, or are still used: nothing is lost."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from fixtures.server import Server
from tests.backup.made_backups import Destination, empty, errors, numbers
from tests.fix_postgres import MakeServer

pytestmark = pytest.mark.one_postgres


@pytest.fixture
def archived(make_server: MakeServer, open_tmp: Path, bindir: Path) -> Destination:
    """A destination of a server that runs, and archives into it."""
    server = make_server("data", fsync="on")
    made = Destination(open_tmp / "backup", server, bindir)
    made.make()
    server.configure(**made.archives())
    server.start_plain()
    return made


def made_space(server: Server, path: Path) -> None:
    """Have a tablespace at *path* with table t, which has row 1."""
    path.mkdir(mode=0o700)
    server.user.own(path)
    server.ask(f"create tablespace s location '{path}'")
    server.ask("create table t (n int) tablespace s; insert into t values (1)")


def test_a_tablespace_within_the_data_directory_is_refused(
    archived: Destination,
) -> None:
    server = archived.server
    space = server.data / "space"
    made_space(server, space)
    archived.back_up()
    server.stop(signal.SIGQUIT)
    (error,) = archived.refused()
    assert (
        error == f'"{space}", a tablespace, lies within data directory "{server.data}"'
    )
    assert numbers(server) == [1]


def test_pg_wal_that_leads_into_the_data_directory_is_refused(
    archived: Destination,
) -> None:
    server = archived.server
    server.ask("create table t (n int); insert into t values (1)")
    archived.back_up()
    server.stop(signal.SIGQUIT)
    wal = server.data / "wal"
    (server.data / "pg_wal").rename(wal)
    (server.data / "pg_wal").symlink_to(wal)
    (error,) = archived.refused()
    assert error == f'"{wal}", pg_wal, lies within data directory "{server.data}"'
    assert numbers(server) == [1]


def test_a_directory_in_pg_wals_that_is_not_its_own_is_refused(
    archived: Destination,
) -> None:
    server = archived.server
    server.ask("create table t (n int); insert into t values (1)")
    archived.back_up()
    server.stop(signal.SIGQUIT)
    wal = server.data.with_name("wal")
    (server.data / "pg_wal").rename(wal)
    (server.data / "pg_wal").symlink_to(wal)
    (wal / "others").mkdir()
    server.user.own(wal / "others")
    (error,) = archived.refused()
    assert error == f'"{wal}/others" is none of pg_wal\'s, and would be removed with it'


def test_a_tablespace_made_since_is_not_taken_from_the_server_that_has_it(
    archived: Destination, make_server: MakeServer, open_tmp: Path
) -> None:
    """The log has its path: recovered elsewhere on that host, it would be written into."""
    server = archived.server
    archived.back_up()
    space = open_tmp / "space"
    made_space(server, space)
    archived.switch_wal()
    other = make_server("other", fsync="on")
    empty(other.data)
    drill = Destination(archived.path, other, archived.programs)
    done = drill.restore()
    server.ask("insert into t values (2); checkpoint")
    server.stop(signal.SIGQUIT)
    assert numbers(server) == [1, 2]
    assert errors(done) == [
        "tablespace 16384 cannot be restored: its directory is not empty"
    ]
    assert list(other.data.iterdir()) == []
