"""Emptying a data directory so that what is left of it at any instant cannot be started.

    1. global/pg_control goes, durably: no server starts without it
    2. the mark goes, durably: what is left is nobody's
    3. all the rest, and what lies elsewhere: pg_wal behind a link, tablespaces

The directories themselves stay: they may be mount points, and have owners and modes.
"""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterable

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.core.mark import FILE

_CONTROL = "pg_control"
_VERSIONED = "PG_"  # what a server keeps in a tablespace's directory begins with this


def filled(spaces: Iterable[str]) -> list[str]:
    """Return what servers keep in the tablespaces *spaces*, a directory for each version."""
    return [
        path
        for space in spaces
        for path in glob.glob(f"{glob.escape(space)}/{_VERSIONED}*")
    ]


def wipe(data: str, wal: str = "", parts: Iterable[str] = ()) -> None:
    """Empty the data directory and its pg_wal behind a link, and remove *parts*.

    Raises Failure.
    """
    try:
        _remove(f"{data}/global", _CONTROL)
        _remove(data, FILE)
        _empty(data)
        if wal:
            _empty(wal)
        for part in parts:
            shutil.rmtree(part)
    except OSError as ex:
        where = ex.filename or data
        raise Failure(
            f"could not empty {quoted(os.fsdecode(where))}: {ex.strerror}",
            hint="What is left cannot be started. Mend the cause, and run setup again.",
        ) from ex


def _remove(directory: str, name: str) -> None:
    try:
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return  # there is none, or what a command has restored is no data directory
    try:
        os.unlink(name, dir_fd=fd)
        os.fsync(fd)
    except FileNotFoundError:
        pass
    finally:
        os.close(fd)


def _empty(directory: str) -> None:
    """Remove what is in *directory*; no link is followed."""
    try:
        with os.scandir(directory) as found:
            entries = list(found)
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)
