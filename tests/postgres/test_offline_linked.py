"""A data directory that is reached by a link, which is pointed elsewhere while the server runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.processes import gone
from fixtures.server import Server
from pgx_pclrsc import names, runentry
from tests.fix_resource import MakeResource
from tests.postgres.online_runs import online

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]


def test_a_server_of_this_path_that_works_elsewhere_is_named(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    """Record and entry are lost too: nothing proves whose it is, and it lives."""
    real, link = server.data, open_tmp / "link"
    other = open_tmp / "other"
    other.mkdir(mode=0o700)
    server.user.own(other)
    link.symlink_to(real)
    server.data = link
    resource = make_resource(server)
    pid = online(resource)
    resource.signal_monitor()
    link.unlink()
    link.symlink_to(other)
    (resource.work / names.RECORD).unlink()
    runentry.remove(str(resource.registry), resource.name)
    try:
        result = resource.offline()

        assert result.returncode == 1
        assert f"{pid} (" in result.stderr
        assert "started for this data directory, it works in another" in result.stderr
        assert not gone(pid)
    finally:
        link.unlink()
        link.symlink_to(real)
    assert resource.offline().returncode == 0
    assert gone(pid)
