"""pgx_offline while a killed pgx_online hangs in the kernel, and holds the transition lock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.os_user import OsUser
from fixtures.processes import gone, wait_until
from tests.fix_disk import MakeDisk
from tests.fix_resource import Resource
from tests.postgres.online_runs import online

_HOLD = """
import sys, time
from pgx_agent.script import lock
from pgx_base import files
fd = files.open_workdir(sys.argv[1])
held = lock.acquire(fd, "online", time.monotonic() + 60, lambda: None)
print("held", flush=True)
sys.stdin.readline()
open(sys.argv[2], "w").write("x")
"""


@pytest.mark.root
@pytest.mark.one_postgres
def test_the_server_is_stopped_without_the_lock(
    resource: Resource, make_disk: MakeDisk, os_user: OsUser
) -> None:
    """SIGKILL does not reach it before the disk answers: nothing more is to be feared of it."""
    pid = online(resource)
    disk = make_disk("hangs")
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(resource.work), str(disk.point / "file")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": os.defpath},
        **os_user.popen_options(),
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        disk.freeze()
        holder.stdin.write("go\n")
        holder.stdin.flush()
        stat = Path(f"/proc/{holder.pid}/stat")
        wait_until(lambda: stat.read_text().split()[2] == "D", "it hangs")
        result = resource.offline(env={"HV_OFFLINE_REASON": "FAULT"}, limit=100)
        disk.thaw()

    assert (result.returncode, gone(pid)) == (0, True), result.stderr
    assert f"{holder.pid} was killed and hangs" in result.stderr
