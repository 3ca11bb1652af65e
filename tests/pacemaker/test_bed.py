"""The bed under Pacemaker: it comes up, shows what it is for, and leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from fixtures.bed import disk
from fixtures.processes import gone, of_directory, wait_until
from tests.bed_left import bridge, until_cleared
from tests.pacemaker.marks import MARKS

pytestmark = MARKS
_HOST = (
    "/etc/corosync",
    "/var/lib/corosync",
    "/var/lib/pacemaker",
    "/var/log/pacemaker",
)
_MADE = """
import sys, time; from pathlib import Path
from fixtures.pacemaker.cluster import Cluster
made = Cluster(Path(sys.argv[1])); made.make()
nodes = made.bed.nodes.values()
print(made.bed.claim.slot, *made.bed.devices.values(),
    *(pid for node in nodes for pid in node.processes()), flush=True)
time.sleep(600)
"""


def of_host() -> dict[str, int]:
    """Return when the host's own files of a cluster were changed last."""
    paths = [path for name in _HOST for path in (Path(name), *Path(name).rglob("*"))]
    paths += [Path("/usr/sbin"), Path("/usr/lib/ocf/resource.d")]
    return {str(path): path.stat().st_mtime_ns for path in paths}


def test_the_demo_shows_what_it_promises_and_leaves_nothing() -> None:
    before = of_host()
    done = subprocess.run(
        [sys.executable, "-m", "fixtures.pacemaker.demo"],
        text=True,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-8000:]}"
    for line in (
        "node1: fenced by node2",
        "client: first commit on node2",
        "Everything holds",
    ):
        assert line in done.stdout
    assert of_host() == before


def test_what_a_killed_run_left_is_cleared_by_the_next() -> None:
    with tempfile.TemporaryDirectory(prefix="pgx-pacemaker-") as home:
        Path(home).chmod(0o755)
        child = subprocess.Popen(
            [sys.executable, "-c", _MADE, home],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": ":".join(sys.path)},
        )
        assert child.stdout is not None
        slot, device, *pids = child.stdout.readline().split()
        child.stdout.close()
        assert len(pids) > 10, "PID 1, corosync and Pacemaker's daemons, twice"
        made = bridge(slot)
        assert made
        child.send_signal(signal.SIGKILL)
        child.wait()

        until_cleared(home)

        wait_until(lambda: all(gone(int(pid)) for pid in pids), "the daemons are gone")
        wait_until(lambda: not of_directory(home), "what waited for them is gone")
        assert home not in disk.backing_file(device)
        assert home not in Path("/proc/mounts").read_text()
        assert bridge(slot) != made
        Path(home).mkdir(exist_ok=True)
