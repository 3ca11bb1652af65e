"""pgx_rcvall beside a controller, and beside a pgx_dmpall, each of which has its lock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from pgx_mirror.backup import locking, places
from pgx_mirror.core.mark import LOCK
from pgx_mirror.restore import refusals, restoring
from pgx_mirror.restore.task import Task

_HOLDS = """
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print(flush=True)
time.sleep(600)
"""


def test_the_controller_that_works_on_the_directory_is_told_with_the_way_to_stop_it(
    tmp_path: Path,
) -> None:
    """No management directory was named to pgx_rcvall: whose it is nobody else tells."""
    words = [str(tmp_path / LOCK), "-M", "/mcdir/inst1", "--local-server", "server1"]
    holds = [sys.executable, "-c", _HOLDS, *words]
    with subprocess.Popen(holds, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout and other.stdout.readline()
            with pytest.raises(Failure) as refused:
                refusals.check_idle(str(tmp_path))
        finally:
            other.kill()

    told = refused.value
    assert told.primary == f'a controller works on data directory "{tmp_path}"'
    assert told.detail == 'It is that of server "server1".'
    stop = "mc_ctl stop -M /mcdir/inst1 --local-server=server1"
    assert told.hint == f"Stop it: {stop}."
    refusals.check_idle(str(tmp_path))  # once it has ended


_UNHEEDED = Heeded((), KeyboardInterrupt)


class _Silent:
    def say(self, text: str) -> None:
        pass

    def warn(self, what: Failure) -> None:
        pass


def test_nothing_is_restored_while_a_pgx_dmpall_may_remove_it(tmp_path: Path) -> None:
    """Of an archived file that went meanwhile nobody could tell that it had been there."""
    made, data = tmp_path / "backups", tmp_path / "data"
    Path(places.backups(str(made))).mkdir(parents=True)
    task = Task(str(data), str(made), "", False)
    at_work = locking.take(str(made))
    try:
        with pytest.raises(Failure, match="are in use"):
            restoring.restore(task, _Silent(), _UNHEEDED)
    finally:
        os.close(at_work)
    with pytest.raises(Failure, match="no backup"):
        restoring.restore(task, _Silent(), _UNHEEDED)
    assert not data.exists()
    os.close(locking.take(str(made)))  # it is given back


def test_a_directory_that_is_no_destination_gets_no_lock(tmp_path: Path) -> None:
    with locking.kept(str(tmp_path)), locking.kept(str(tmp_path / "nowhere")):
        assert list(tmp_path.iterdir()) == []
