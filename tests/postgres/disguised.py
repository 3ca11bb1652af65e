"""A server's programs under another name, or none: what a patch or a packager does."""

from __future__ import annotations

import shutil
from pathlib import Path

from fixtures.processes import gone, wait_until
from fixtures.server import Server


def copied(server: Server, where: Path, name: str = "postgres") -> Path:
    """Copy the server program to `where/pgsql/bin/name`, and return its path.

    What belongs to it is linked beside, as it looks for it from where it lies.
    """
    own = server.binaries.directory
    programs = where / "pgsql" / "bin"
    programs.mkdir(parents=True)
    for part in ("lib", "share"):
        if (own.parent / part).is_dir():
            (programs.parent / part).symlink_to(own.parent / part)
    shutil.copy(own / "postgres", programs / name)
    return programs / name


def ready(server: Server, pid: int) -> int:
    """Return *pid*, a postmaster, once it takes connections."""
    wait_until(lambda: server.answers() or gone(pid), "the server answers", 60)
    assert not gone(pid), server.log()
    return pid


def started(server: Server, program: Path, *options: str) -> int:
    """Start *program* by hand on the server's directory, and return its PID."""
    line = [str(program), "-D", str(server.data), *options]
    return ready(server, server.launch(line=line))
