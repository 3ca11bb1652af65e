"""Offline where the record is of an earlier mount, and where its monitor lost its lock file."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from fixtures.disk import Disk
from fixtures.processes import gone, kill, kill_postmaster, wait_until
from fixtures.server import Server
from tests.fix_disk import move
from tests.fix_resource import FAULTED, MakeResource, Resource

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]


def _output(*line: str | Path) -> str:
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.root
def test_a_record_of_an_earlier_mount_excuses_no_server(
    make_resource: MakeResource, server: Server, disk: Disk
) -> None:
    """The file system came back as another device, and is lazily unmounted under the server."""
    server.data = move(server.data, disk.point / "data")
    resource = make_resource(server)
    resource.online()
    first = resource.known().postmaster
    kill_postmaster(first)
    resource.wait_for(FAULTED)
    wait_until(lambda: not Path(f"/proc/{first}").exists(), "it is no zombie any more")
    wait_until(lambda: not resource.monitor_runs(), "nor a monitor that holds files")
    disk.unmount()
    # Hold the device number that it had, so that it gets another one.
    holder = disk.image.with_suffix(".other")
    holder.write_bytes(bytes(1 << 20))
    held = _output("losetup", "--find", "--show", holder)
    device = _output("losetup", "--find", "--show", disk.image)
    try:
        subprocess.run(["mount", device, disk.point], check=True)
        pid = server.start_plain()
        subprocess.run(["umount", "-l", disk.point], check=True)
        result = resource.offline()

        assert gone(pid) or result.returncode == 1, result.stderr
        kill(pid)
        wait_until(lambda: gone(pid), "the server is gone")
    finally:
        for each in (device, held):
            subprocess.run(["losetup", "-d", each], check=True)


def test_a_stopped_monitor_without_its_lock_file_is_ended(resource: Resource) -> None:
    pid = resource.server.start_plain()
    resource.check()
    resource.wait_for_record("online")
    monitor = resource.signal_monitor(signal.SIGSTOP)
    (resource.work / "monitor.lock").unlink()

    assert resource.offline().returncode == 0
    assert gone(pid)
    wait_until(lambda: gone(monitor), "the monitor is gone")
