"""A container's disk that hangs: in mounts of its own, and in our /proc."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.needs import missing
from fixtures.processes import gone, wait_until
from pgx_base import aside, proc
from pgx_postgres.processes import looking

pytestmark = pytest.mark.root

_STANDS_THERE = """
import os, sys, time
from pathlib import Path
from fixtures.hung_disk import HungDisk
disk = HungDisk(Path(sys.argv[1]))
disk.mount()
os.chdir(disk.point)
key = os.stat(".")
disk.hang()
print(key.st_dev, key.st_ino, flush=True)
sys.stdin.read()
os.chdir("/")
disk.remove()
"""


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[tuple[int, tuple[int, int]]]:
    """A process whose working directory is on such a disk, and that directory's key."""
    if reason := missing("unshare", "mount", "umount"):
        pytest.skip(reason)
    line = ["unshare", "--mount", "--propagation=private", sys.executable, "-c"]
    with subprocess.Popen(
        [*line, _STANDS_THERE, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": ":".join(sys.path)},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        device, inode = process.stdout.readline().split()
        yield process.pid, (int(device), int(inode))
        process.stdin.close()
        wait_until(lambda: gone(process.pid), "it has left")


def test_its_key_is_known_without_asking_it(
    inside: tuple[int, tuple[int, int]],
) -> None:
    pid, key = inside

    said = aside.ask(lambda: str(proc.link_key(f"/proc/{pid}/cwd")), 60.0)

    assert said == str(key)


@pytest.mark.usefixtures("inside")
def test_it_holds_up_no_look_for_others(tmp_path: Path) -> None:
    ours = os.stat(tmp_path.parent)

    found = looking.look([(ours.st_dev, ours.st_ino)], {os.getpid()}, 60.0)

    assert looking.TOO_LONG not in found
