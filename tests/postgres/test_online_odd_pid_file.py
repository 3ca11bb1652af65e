"""What has the name of postmaster.pid and is no file: refused and named, never removed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.fix_resource import Resource
from tests.postgres.online_runs import nothing_is_left


@pytest.mark.one_postgres
@pytest.mark.parametrize("kind", ["directory", "FIFO", "symbolic link", "socket"])
def test_what_is_no_file_is_refused_and_named(resource: Resource, kind: str) -> None:
    path = resource.server.data / "postmaster.pid"
    _make(kind, path)
    if kind != "symbolic link":
        resource.server.user.own(path)
    before = os.lstat(path)
    result = resource.online(limit=50)

    assert result.returncode == 1
    assert f"is not a PID file: it is a {kind}" in result.stderr
    assert os.lstat(path).st_ino == before.st_ino
    nothing_is_left(resource)
    path.rmdir() if kind == "directory" else path.unlink()  # who clears up would read it


def _make(kind: str, path: Path) -> None:
    match kind:
        case "directory":
            path.mkdir(mode=0o700)
        case "FIFO":
            os.mkfifo(path, 0o600)
        case "symbolic link":
            path.symlink_to("/nowhere")
        case _:
            os.mknod(path, 0o600 | stat.S_IFSOCK)
