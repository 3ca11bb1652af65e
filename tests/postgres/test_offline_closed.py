"""pgx_offline of an instance whose data directory its OS user cannot look at any more."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from tests.fix_resource import MakeResource

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]


def test_a_server_behind_a_link_that_is_closed_is_not_overlooked(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    """Nothing proves whose it is: neither name, nor record, nor entry.  Exit 0 would lie."""
    behind = open_tmp / "behind"
    behind.mkdir(mode=0o755)
    server.data.rename(behind / "data")
    server.data.symlink_to(behind / "data")
    resource = make_resource(server)
    pid = server.start_plain()
    behind.chmod(0o700)
    try:
        result = resource.offline()
        assert not gone(pid)
        assert result.returncode == 1, result.stderr
        assert "could not tell whether instance" in result.stderr
        assert f"{pid} (" in result.stderr
    finally:
        behind.chmod(0o755)
        kill(pid, signal.SIGQUIT)
        wait_until(lambda: gone(pid), "the server has ended")
        os.unlink(server.data)
        (behind / "data").rename(server.data)
