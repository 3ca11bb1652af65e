"""Looking at known processes again, without a pass over all of /proc."""

from __future__ import annotations

import os
import subprocess
import sys

from fixtures import processes
from fixtures.processes import kill, start_time
from pgx_postgres.processes import family
from pgx_postgres.processes.instance import Process

_FROM_A_THREAD = """
import subprocess, threading
def begin():
    child = subprocess.Popen(["sleep", "99"])
    print(child.pid, flush=True)
    child.wait()
threading.Thread(target=begin).start()
"""


def _known(pid: int, *, head: bool = False) -> Process:
    return Process(pid, start_time(pid), 0, "S", "sh", "it is known", head)


def test_what_a_thread_has_begun_is_found() -> None:
    """The kernel lists children by thread."""
    with subprocess.Popen(
        [sys.executable, "-c", _FROM_A_THREAD], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        found = family.again([_known(parent.pid)])
        parent.kill()
        kill(child)

    assert found is not None
    assert {process.pid for process in found} >= {parent.pid, child}


def test_we_are_not_found_below_who_has_begun_us(process: int) -> None:
    found = family.again([_known(os.getppid())])

    assert found is not None
    assert os.getpid() not in {one.pid for one in found}


def test_who_is_gone_is_not_found(gone: int, process: int) -> None:
    was = Process(gone, 1, 0, "S", "sh", "it was there")
    found = family.again([was, _known(process)])

    assert found is not None
    assert [one.pid for one in found] == [process]


def test_a_postmaster_that_is_gone_asks_for_a_whole_pass(gone: int) -> None:
    assert family.again([Process(gone, 1, 0, "S", "sh", "it was", head=True)]) is None


def test_a_number_that_is_used_again_is_another_process(process: int) -> None:
    old = Process(process, start_time(process) - 1, 0, "S", "sh", "it was there")

    assert family.again([old]) == []
    assert not processes.gone(process)
