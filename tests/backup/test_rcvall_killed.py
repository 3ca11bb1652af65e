"""The whole command on a real server, killed at one durable call of its own after another."""

from __future__ import annotations

import re
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from fixtures.needs import missing
from fixtures.processes import wait_until
from tests.backup.made_backups import Destination, numbers
from tests.fix_postgres import MakeServer

pytestmark = [pytest.mark.one_postgres, pytest.mark.long, pytest.mark.timeout(1800)]
CALLS = ("fsync", "rename", "unlinkat", "rmdir")
PICKED = 5  # of each kind, spread over all


@pytest.fixture
def backed_up(make_server: MakeServer, open_tmp: Path, bindir: Path) -> Destination:
    """A backup of a server with row 1; row 2 is in pg_wal alone; it is dead."""
    if reason := missing("strace"):
        pytest.skip(reason)
    server = make_server("data", fsync="on")
    made = Destination(open_tmp / "backup", server, bindir)
    made.make()
    server.configure(**made.archives())
    server.start_plain()
    server.ask("create table t (n int); insert into t values (1)")
    made.back_up()
    server.ask("insert into t values (2)")
    server.stop(signal.SIGQUIT)
    return made


def traced(made: Destination, *words: str) -> subprocess.CompletedProcess[str]:
    """Restore under strace, which follows no child."""
    log = made.server.sockets / "strace.log"
    line = ["strace", "-qq", "-o", str(log), "-e", f"trace={','.join(CALLS)}", *words]
    return subprocess.run(
        [*line, *made.line()],
        env=made.environment(),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd="/",
        **made.user.popen_options(),
    )


def test_killed_anywhere_the_next_restore_has_every_row(backed_up: Destination) -> None:
    server = backed_up.server
    assert traced(backed_up).returncode == 0
    text = (server.sockets / "strace.log").read_text()
    counted = Counter(re.findall(r"(?m)^(\w+)\(", text))
    assert set(counted) == set(CALLS)
    expected = [1, 2]
    for call in CALLS:
        apart = max(1, counted[call] // PICKED)
        for number in range(1, counted[call] + 1, apart):
            inject = f"inject={call}:signal=KILL:when={number}"
            killed = traced(backed_up, "-e", inject)
            assert killed.returncode != 0, (call, number)
            backed_up.restored()
            assert numbers(server) == expected, (call, number)
            wait_until(lambda: server.pid() is None, "it is down", 60)
            expected.append(expected[-1] + 1)
            server.start_plain()  # each recovery has the log of the one before
            server.ask(f"insert into t values ({expected[-1]})")
            server.stop(signal.SIGQUIT)
