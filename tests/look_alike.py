"""A process that looks like a server's."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtures.os_user import OsUser
from fixtures.processes import wait_until
from pgx_base import proc

_TITLE = ["postgres: checkpointer "]


@contextmanager
def like_a_server(user: OsUser, directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a shell of *user* with a server's title, at work in *directory*."""
    with subprocess.Popen(
        _TITLE,
        executable="/bin/sh",
        stdin=subprocess.PIPE,
        cwd=directory,
        env={},
        **user.popen_options(),
    ) as process:
        try:
            wait_until(lambda: proc.cmdline(process.pid) == _TITLE, "it has its title")
            yield process
        finally:
            process.kill()
