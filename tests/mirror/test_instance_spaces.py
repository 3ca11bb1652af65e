"""No server is started without its tablespaces: it would lose what was committed there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fixtures.hung_disk import HungDisk
from fixtures.server import Server
from pgx_mirror.controller.jobs import instance
from tests.fix_postgres import MakeServer
from tests.mirror.test_instance_hands import LINE, said_by, site_of

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]


@pytest.fixture
def space(open_tmp: Path) -> Path:
    return open_tmp / "space"


@pytest.fixture
def killed(make_server: MakeServer, space: Path) -> Server:
    """A server with rows in a tablespace since its last checkpoint, which was killed."""
    server = make_server("a")
    space.mkdir(mode=0o700)
    server.user.own(space)
    server.start_plain()
    server.ask(f"create tablespace apart location '{space}'")
    server.ask("create table rows tablespace apart as select 1 as n")
    server.ask("checkpoint")
    server.ask("insert into rows select generate_series(2, 1000)")
    server.crash()
    return server


def _started(server: Server) -> str:
    site = site_of(server, server.data / "server.log")
    return said_by(server, lambda: instance.start(LINE, site, 30.0))


def test_without_a_tablespace_nothing_is_started_and_nothing_is_lost(
    killed: Server, space: Path, tmp_path: Path
) -> None:
    mounted = tmp_path / "mounted"
    space.rename(mounted)  # as where its file system is not mounted
    space.mkdir(mode=0o700)
    killed.user.own(space)

    said = _started(killed)
    if "StartedAs" in said:  # what would be lost then is seen below
        said_by(
            killed, lambda: instance.stop(LINE, site_of(killed), "fast", None, 30.0)
        )

    subprocess.run(["rm", "-r", str(space)], check=True)
    mounted.rename(space)
    assert "StartedAs" in _started(killed)
    assert killed.ask("select count(*) from rows") == "1000"
    assert "is not mounted" in said


@pytest.mark.root
def test_a_tablespace_on_a_disk_that_hangs_holds_up_no_start_for_ever(
    killed: Server, open_tmp: Path
) -> None:
    point = open_tmp / "hung"
    point.mkdir()
    disk = HungDisk(point)
    try:
        disk.mount()
    except OSError:
        pytest.skip("no FUSE file system can be mounted")
    try:
        (link,) = (killed.data / "pg_tblspc").iterdir()
        link.unlink()
        link.symlink_to(point)
        disk.hang()
        assert "a disk does not answer within 5 s" in _started(killed)
    finally:
        disk.remove()
