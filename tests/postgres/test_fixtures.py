"""The ground that the other tests stand on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
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


LOOKER = """
import os, sys
os.open(sys.stdin.readline().strip(), int(sys.argv[1]))
print("has it", flush=True)
sys.stdin.read()
"""


def test_who_only_names_a_directory_is_spared(tmp_path: Path) -> None:
    """A script of another test looks so at whose process is whose."""
    found = {}
    for flags in (os.O_PATH, os.O_RDONLY):
        with subprocess.Popen(
            [sys.executable, "-IS", "-c", LOOKER, str(flags)],
            cwd="/",
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as looker:
            assert looker.stdin and looker.stdout
            looker.stdin.write(f"{tmp_path}\n")
            looker.stdin.flush()
            assert looker.stdout.readline() == "has it\n"
            found[flags] = looker.pid in processes.of_directory(tmp_path)
            looker.stdin.close()

    assert found == {os.O_PATH: False, os.O_RDONLY: True}
