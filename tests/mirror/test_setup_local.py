"""What a setup finds in the data directory that it is to empty."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_base import aside
from pgx_base.failure import Failure
from pgx_mirror.setup import local
from tests.fix_pair import children
from tests.fix_sessions import Connect


@pytest.mark.parametrize(
    ("conf", "signal", "loose"),
    [
        ("#synchronous_standby_names = 'nd1'\n", False, True),
        ("#synchronous_standby_names = 'nd1'\n", True, False),
        ("synchronous_standby_names = 'nd1'\n", False, False),
        ("", False, True),
        (None, False, False),
    ],
)
def test_who_waits_for_nobody_may_have_acknowledged_commits(
    tmp_path: Path, conf: str | None, signal: bool, loose: bool
) -> None:
    (tmp_path / "PG_VERSION").write_text("15\n")
    if conf is not None:
        (tmp_path / "postgresql.conf").write_text(conf)
    if signal:
        (tmp_path / "standby.signal").write_text("")

    assert local.look(str(tmp_path)).loose == loose


def check_idle(server: Server) -> str:
    """Return what is said of *server*'s directory to the user who may look into its processes."""

    def said() -> str:
        if server.user.other:
            os.setgroups([server.user.gid])
            os.setgid(server.user.gid)
            os.setuid(server.user.uid)
        try:
            local.check_idle(str(server.data))
        except Failure as ex:
            return ex.primary
        return "idle"

    return aside.ask(said, 60) or "nothing"


@pytest.mark.postgres
@pytest.mark.one_postgres
def test_what_a_dead_server_has_left_works_on_its_directory_still(
    server: Server, connect: Connect
) -> None:
    """It would write what it has in memory into the files of the copy."""
    server.start_plain()
    assert check_idle(server).startswith("a server runs on")
    backend = connect(server).info.backend_pid
    postmaster = server.pid() or 0
    others = [pid for pid in (postmaster, *children(server)) if pid != backend]
    kill(backend, signal.SIGSTOP)
    kill(postmaster, signal.SIGKILL)
    wait_until(lambda: all(map(gone, others)), "all but one have ended")

    said = check_idle(server)

    kill(backend, signal.SIGKILL)
    wait_until(lambda: gone(backend), "that one has ended")
    assert said.startswith("processes of a server that has ended work on")
    assert check_idle(server) == "idle"
