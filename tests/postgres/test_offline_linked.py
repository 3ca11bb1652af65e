"""A data directory that is reached by a link, which is pointed elsewhere while the server runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.processes import gone
from fixtures.server import Server
from pgx_pclrsc import runentry
from pgx_pclrsc.core import names
from tests.fix_resource import MakeResource, Resource
from tests.postgres.disguised import ready
from tests.postgres.online_runs import online

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]


class Linked:
    """A resource whose data directory is *link*, which leads to *real* or elsewhere."""

    def __init__(self, resource: Resource, link: Path, real: Path) -> None:
        self.resource = resource
        self.link = link
        self.real = real

    def point(self, where: Path) -> None:
        self.link.unlink()
        self.link.symlink_to(where)

    def forget(self) -> None:
        """Lose what names the server: record and entry."""
        if self.resource.monitor() is not None:
            self.resource.kill_monitor()
        (self.resource.work / names.RECORD).unlink()
        runentry.remove(str(self.resource.registry), self.resource.name)


@pytest.fixture
def linked(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> Iterator[Linked]:
    link = open_tmp / "link"
    link.symlink_to(server.data)
    resource = make_resource(replace(server, data=link))
    found = Linked(resource, link, server.data)
    yield found
    found.point(found.real)


@pytest.fixture
def elsewhere(server: Server, open_tmp: Path) -> Path:
    """Another directory of the OS user's."""
    where = open_tmp / "elsewhere"
    where.mkdir(mode=0o700)
    server.user.own(where)
    return where


def _is_doubted(resource: Resource, pid: int) -> None:
    result = resource.offline()

    assert result.returncode == 1
    assert f"{pid} (" in result.stderr
    assert "started for this data directory, it works in another" in result.stderr
    assert not gone(pid)


def test_a_server_of_this_path_that_works_elsewhere_is_named(
    linked: Linked, elsewhere: Path
) -> None:
    """Record and entry are lost too: nothing proves whose it is, and it lives."""
    pid = online(linked.resource)
    linked.point(elsewhere)
    linked.forget()
    _is_doubted(linked.resource, pid)
    linked.point(linked.real)

    assert linked.resource.offline().returncode == 0
    assert gone(pid)


def _by_environment(server: Server) -> int:
    line = [str(server.binaries.path("postgres"))]
    return server.launch(line=line, env={"PGDATA": str(server.data)})


def _by_a_relative_path(server: Server) -> int:
    """Line 2 of its postmaster.pid alone has the whole path."""
    line = [str(server.binaries.path("postgres")), "-D", server.data.name]
    return server.launch(line=line, cwd=server.data.parent)


def _by_a_setting(server: Server) -> int:
    """-D leads to its configuration, by another name."""
    line = [str(server.binaries.path("postgres")), "-D", str(server.data.resolve())]
    return server.launch(line=[*line, "-c", f"data_directory={server.data}"])


@pytest.mark.parametrize("start", [_by_environment, _by_a_relative_path, _by_a_setting])
def test_however_it_was_told_the_path(
    linked: Linked, elsewhere: Path, start: Callable[[Server], int]
) -> None:
    server = linked.resource.server
    pid = ready(server, start(server))
    linked.point(elsewhere)
    _is_doubted(linked.resource, pid)


def test_its_environment_tells_it_without_a_postmaster_pid(
    linked: Linked, elsewhere: Path
) -> None:
    server = linked.resource.server
    pid = ready(server, _by_environment(server))
    linked.point(elsewhere)
    (linked.real / "postmaster.pid").unlink()
    _is_doubted(linked.resource, pid)


def test_online_starts_nothing_beside_it(
    linked: Linked, server: Server, open_tmp: Path
) -> None:
    """The link leads to a copy by now, whose postmaster.pid names the old server."""
    pid = online(linked.resource)
    copy = open_tmp / "copy"
    server.user.run(["cp", "-a", str(server.data), str(open_tmp / "home" / "copy")])
    (open_tmp / "home" / "copy").rename(copy)
    linked.point(copy)
    linked.forget()
    result = linked.resource.online()

    assert result.returncode == 1
    assert "could not tell whether instance" in result.stderr
    assert f"{pid} (" in result.stderr
    assert not gone(pid)


def test_a_server_that_was_led_to_its_own_directory_is_anothers(
    linked: Linked, server: Server
) -> None:
    """-D names only where its configuration is; it works where it says that it does."""
    other = linked.link.parent / "other"
    server.user.run(["cp", "-a", str(server.data), str(linked.link.parent / "home/o")])
    (linked.link.parent / "home/o").rename(other)
    line = [str(server.binaries.path("postgres")), "-D", str(linked.link)]
    pid = server.launch(line=[*line, "-c", f"data_directory={other}"])
    ready(replace(server, data=other), pid)
    result = linked.resource.offline()

    assert result.returncode == 0, result.stderr
    assert not gone(pid)
