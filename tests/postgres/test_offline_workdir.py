"""pgx_offline without a registry, a work directory or a record that can be used."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fixtures.os_user import OsUser
from fixtures.processes import gone
from fixtures.server import Server
from pgx_pclrsc import record as records
from tests.fix_resource import OFFLINE, MakeResource, Resource

pytestmark = pytest.mark.one_postgres


def test_an_unreadable_registry(resource: Resource) -> None:
    """The entry under /run has the definition too; without root there is none."""
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    (resource.registry / resource.name / "definition.toml").write_text("name = 7\n")
    result = resource.offline()

    if os.geteuid() != 0:
        assert result.returncode == 1
        assert "could not read definition" in result.stderr
        return
    assert result.returncode == 0, result.stderr
    assert "is taken from its entry under /run" in result.stderr
    assert gone(pid)


def test_an_unreadable_work_directory(resource: Resource) -> None:
    """Neither lock nor record: what the processes prove is done, and the monitor ends."""
    assert resource.online().returncode == 0
    pid, monitor = resource.known().postmaster, resource.monitor()
    resource.work.rename(resource.work.with_name("elsewhere"))
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert "could not open work directory" in result.stderr
    assert gone(pid)
    assert monitor is not None
    assert gone(monitor)
    assert resource.check() == OFFLINE


@pytest.mark.parametrize("what", ["fifo", "link", "garbled", "gone"])
def test_the_record_was_replaced(resource: Resource, what: str, open_tmp: Path) -> None:
    target = open_tmp / "target"
    target.write_text("untouched")
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    path, new = resource.work / "record", resource.work / "new"
    match what:
        case "fifo":
            os.mkfifo(new)
        case "link":
            new.symlink_to(target)
        case "garbled":
            new.write_bytes(os.urandom(600))
        case _:
            pass
    # At once: its monitor makes one that it does not find.
    path.unlink() if what == "gone" else new.replace(path)
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert gone(pid)
    assert target.read_text() == "untouched"
    assert resource.check() == OFFLINE


@pytest.mark.root
def test_a_full_work_directory(
    server: Server, make_resource: MakeResource, open_tmp: Path, os_user: OsUser
) -> None:
    small = open_tmp / "home"
    options = f"size=256k,mode=0755,uid={os_user.uid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", small], check=True)
    try:
        resource = make_resource(server)
        assert resource.online().returncode == 0
        pid = resource.known().postmaster
        _fill(small / "filler")
        result = resource.offline()

        assert result.returncode == 0, result.stderr
        assert gone(pid)
        assert resource.known().state == records.NONE
        assert resource.check() == OFFLINE
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 1024)
        except OSError:
            pass
