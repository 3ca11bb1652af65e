"""The ground that the other tests stand on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from fixtures import processes
from fixtures.os_user import OsUser
from fixtures.server import Server


def test_a_server_can_be_started_and_stopped_by_hand(server: Server) -> None:
    pid = server.start_plain()

    assert server.ask("select current_user") == server.user.name
    assert server.pid() == pid

    server.stop()
    assert processes.gone(pid)


def test_what_a_killed_postmaster_leaves_is_found_by_its_directory(
    server: Server, open_tmp: Path
) -> None:
    pid = server.start_plain()
    family = processes.of_directory(open_tmp)
    processes.kill(pid, signal.SIGSTOP)
    processes.kill(pid)

    left = processes.end_all(open_tmp)

    assert pid in family
    assert len(family) > 3
    assert left == []


def test_the_os_user_owns_the_data_directory(server: Server, os_user: OsUser) -> None:
    assert server.data.stat().st_uid == os_user.uid
    assert (os_user.uid == 0) is False
    assert os_user.other == (os.geteuid() == 0)
