"""Tablespaces that were made after the backup: the log has their paths, the label has not.

A server that recovers makes each anew at its path.  Where one is still, it would write into
what is there: a server's that runs, where a backup is restored beside it.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import groupby

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.core import wal_files
from pgx_mirror.restore.source import Source
from pgx_mirror.setup import programs

_PROGRAM = "pg_waldump"
_MADE = re.compile(r'desc: CREATE (\d+) "(/.*)"$', re.MULTILINE)


def find(source: Source, binaries: str) -> dict[str, str]:
    """Return the paths of those that the log of *source* makes, with their OIDs.

    Where the log cannot be read any further, no recovery comes further.  Raises OSError.
    """
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="pgx_rcvall-") as links:
        for name in source.road.files:
            os.symlink(source.log.files[name], f"{links}/{name}")
        for _, names in groupby(source.road.files, wal_files.timeline):
            said = _said(f"{binaries}/{_PROGRAM}", links, list(names))
            found |= {path: oid for oid, path in _MADE.findall(said)}
    return found


def _said(program: str, links: str, names: list[str]) -> str:
    line = [
        program,
        "--rmgr=Tablespace",
        f"--path={links}",
        names[0],
        names[-1],
    ]
    return subprocess.run(
        line,
        env=programs.environment(),
        cwd="/",
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ).stdout


def problems(made: dict[str, str], known: set[str], part: str) -> Iterator[Failure]:
    """Yield that a directory of *made* is in use, but for those *known* to be replaced."""
    for path, oid in made.items():
        if path not in known and os.path.lexists(f"{path}/{part}"):
            yield occupied(oid, path, part)


def occupied(oid: str, path: str, part: str) -> Failure:
    """Return that somebody else's, or what is left of one, is in a tablespace's directory."""
    return Failure(
        f"tablespace {oid} cannot be restored: its directory is not empty",
        detail=f"There is {quoted(f'{path}/{part}')}, which the data directory does not lead "
        "to.",
        hint="Where another server has it, restore on another host. Move it away by hand, if "
        "it is of no use.",
    )
