"""Having what a restore has made on disk: a file system at a time, which is one commit of it.

The kernel tells of what could not be written since 5.8; before, each file is synced.
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
from collections.abc import Iterable

from pgx_mirror.backup import proving
from pgx_mirror.restore import areas

_TELLS = (5, 8)  # the kernel's version
_SYNC = "sync"


def sync(directories: Iterable[str]) -> None:
    """Have *directories*, all below them, and their names on disk.  Raises Failure, OSError."""
    each = list(directories)
    if not tells(os.uname().release) or not all(map(_by_file_system, _one_each(each))):
        for directory in each:
            proving.synced(directory)
    for directory in each:
        areas.sync(os.path.dirname(directory))


def tells(release: str) -> bool:
    """Whether a kernel of that *release* tells of an error when a file system is synced."""
    found = re.match(r"(\d+)\.(\d+)", release)
    return found is not None and (int(found[1]), int(found[2])) >= _TELLS


def _one_each(directories: list[str]) -> Iterable[str]:
    """Return one of *directories* for each file system; others may be mounted below none."""
    return {os.stat(directory).st_dev: directory for directory in directories}.values()


def _by_file_system(directory: str) -> bool:
    """Sync the file system of *directory*; whether there is a program that does.

    Raises OSError.
    """
    try:
        said = subprocess.run(
            [_SYNC, "-f", "--", directory],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd="/",
        )
    except FileNotFoundError:
        return False
    if said.returncode:
        raise OSError(errno.EIO, os.strerror(errno.EIO), directory)
    return True
