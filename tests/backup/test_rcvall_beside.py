"""pgx_rcvall beside a controller: a controller's lock, held by a process of its command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pgx_base.failure import Failure
from pgx_mirror.core.mark import LOCK
from pgx_mirror.restore import refusals

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
