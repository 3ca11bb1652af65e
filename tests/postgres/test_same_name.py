"""Servers that have the data directory's name, and work on another directory."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.os_user import plain_environment
from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from tests.fix_postgres import MakeServer
from tests.fix_resource import OFFLINE, ONLINE, MakeResource, Resource

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]

_LOOKS = 15


def _looked(resource: Resource) -> list[int]:
    """Return what several Checks answer; between them a monitor could have begun."""
    answers = []
    for _ in range(_LOOKS):
        answers.append(resource.check())
        wait_until(lambda: not resource.monitor_runs(), "no monitor stays")
    return answers


@pytest.fixture
def contained(make_server: MakeServer, open_tmp: Path) -> Iterator[tuple[Server, int]]:
    """A server in a container: there its directory has a name that is nobody's here."""
    server = make_server("data")
    top, real = open_tmp / "srv", open_tmp / "real"
    top.mkdir(mode=0o755)
    server.data.rename(real)
    server.data = top / "data"
    mounts = (
        f"mount -t tmpfs none {top} && mkdir {server.data} && "
        f"mount --bind {real} {server.data} && "
    )
    become = (
        f"setpriv --reuid={server.user.uid} --regid={server.user.gid} --clear-groups"
    )
    program = f"{server.binaries.path('postgres')} -D {server.data}"
    process = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", f"{mounts} exec {become} {program}"],
        env=plain_environment(server.user.name),
        cwd="/",
        stderr=subprocess.DEVNULL,
    )
    pid_file = real / "postmaster.pid"
    wait_until(lambda: pid_file.exists() and "ready" in pid_file.read_text(), "it runs")
    yield server, process.pid
    process.send_signal(signal.SIGQUIT)
    process.wait(timeout=60)


def test_a_containers_server_is_not_adopted(
    make_resource: MakeResource, contained: tuple[Server, int]
) -> None:
    server, pid = contained
    resource = make_resource(server)
    assert os.readlink(f"/proc/{pid}/cwd") == str(server.data)

    assert set(_looked(resource)) == {OFFLINE}
    assert resource.record() is None


def test_a_containers_server_survives_an_offline(
    make_resource: MakeResource, contained: tuple[Server, int]
) -> None:
    server, pid = contained
    result = make_resource(server).offline()

    assert result.returncode == 0, result.stderr
    assert "requesting" not in result.stderr
    assert not gone(pid)


@pytest.fixture
def covered(server: Server, open_tmp: Path) -> Iterator[int]:
    """A server on the directory below a mount point, with another mounted over it."""
    pid = server.start_plain()
    right = open_tmp / "right"
    shutil.copytree(server.data, right, symlinks=True)
    (right / "postmaster.pid").unlink()
    subprocess.run(["mount", "--bind", right, server.data], check=True)
    yield pid
    subprocess.run(["umount", "-l", server.data], check=True)
    kill(pid)
    wait_until(lambda: gone(pid), "it is gone")


def test_a_server_below_a_mount_is_not_adopted(
    resource: Resource, covered: int
) -> None:
    assert os.readlink(f"/proc/{covered}/cwd") == str(resource.server.data)

    assert set(_looked(resource)) == {OFFLINE}


def _garble(resource: Resource) -> None:
    """Garble the record, and stop the monitor that would heal it."""
    resource.stop_monitor()
    (resource.work / "record").write_bytes(b"garbled")


def test_a_server_behind_a_link_is_found_without_record_and_entry(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    """Started as the OS user, it has no entry under /run; the link is not followed."""
    link = open_tmp / "link"
    link.symlink_to(server.data)
    server.data = link
    resource = make_resource(server)
    subprocess.run(
        [command("pgx_online"), resource.name],
        env=resource.environment(),
        cwd="/",
        check=True,
        **server.user.popen_options(),
    )
    _garble(resource)

    assert resource.check() == ONLINE
