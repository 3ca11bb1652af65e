"""What root's commands do where all around them is the OS user's: programs, names, a whole life."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_base import trace
from pgx_pclrsc.core import names
from tests.fix_resource import MakeResource, Resource

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]

# In the order of a life; every one of them is run by root.
COMMANDS = (
    ("pgx_pclrsc", "--check", "-c"),
    ("pgx_online", "--dry-run"),
    ("pgx_online",),
    ("pgx_check",),
    ("pgx_pclrsc", "--status", "-c"),
    ("pgx_pclrsc", "--check", "-c"),
    ("pgx_offline",),
    ("pgx_check",),
)
FILES = (
    *(name for name, _ in names.PREALLOCATED),
    *(trace.FILE, f"{trace.FILE}.1", "server.log", "identity", "postmaster.pid.broken"),
)


def live(resource: Resource) -> Iterator[int]:
    """Run all commands, one after the other; yield their exit codes."""
    for program, *options in COMMANDS:
        yield resource.run(program, *options, resource.name).returncode


def wrapped(server: Server, where: Path, seen: Path) -> Path:
    """Make programs that are the OS user's own, and write down who has run them."""
    where.mkdir()
    for program in server.binaries.directory.iterdir():
        text = f'#!/bin/sh\nid -u >>{seen}\nexec {program} "$@"\n'
        (where / program.name).write_text(text)
        (where / program.name).chmod(0o755)
        server.user.own(where / program.name)
    server.user.own(where)
    return where


def test_root_runs_no_program_that_the_os_user_can_change(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    seen = open_tmp / "home" / "seen"
    programs = wrapped(server, open_tmp / "home" / "bin", seen)
    resource = make_resource(server, bin_dir=programs)

    codes = list(live(resource))

    assert codes[1:5] == [0, 0, 0, 0]
    assert codes[6:] == [0, 1]
    assert set(seen.read_text().split()) == {str(server.user.uid)}


def test_no_name_in_the_work_directory_leads_root_to_its_own_files(
    resource: Resource, tmp_path: Path
) -> None:
    """Each file there is a link to one of root's, which nobody else may even read."""
    target = tmp_path / "target"
    target.write_text("untouched")
    target.chmod(0o600)
    before = os.stat(target)
    for name in FILES:
        (resource.work / name).unlink(missing_ok=True)
        (resource.work / name).symlink_to(target)

    assert len(list(live(resource))) == len(COMMANDS)

    after = os.stat(target)
    assert target.read_text() == "untouched"
    assert (after.st_mode, after.st_uid, after.st_mtime_ns, after.st_ctime_ns) == (
        *(before.st_mode, before.st_uid, before.st_mtime_ns, before.st_ctime_ns),
    )


def test_after_a_life_nothing_of_the_os_users_is_roots(resource: Resource) -> None:
    """Nor can anybody else read its files, or what the monitor has in memory."""
    assert resource.online().returncode == 0
    wait_until(lambda: resource.monitor() is not None, "a monitor keeps the record")
    limits = Path(f"/proc/{resource.monitor()}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits)
    assert list(live(resource))[2:5] == [0, 0, 0]

    for top in (resource.work, resource.server.data):
        owners = {path: path.lstat().st_uid for path in (top, *top.rglob("*"))}
        user = resource.server.user.uid
        assert [path for path, uid in owners.items() if uid != user] == []
    modes = {path.name: path.stat().st_mode & 0o77 for path in resource.work.iterdir()}
    assert [name for name, mode in modes.items() if mode] == []
