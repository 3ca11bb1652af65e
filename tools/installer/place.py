"""Can PREFIX be installed into: may it be written, do others get at it, can nobody change it."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path
from typing import NoReturn

from pgx_base import reach
from pgx_base.failure import Failure
from pgx_base.text import quoted

_CLOSED = "Open that directory, or choose another PREFIX."


def check(prefix: str) -> None:
    """Refuse a PREFIX that will not do, before anything is made.  Raises Failure."""
    if not prefix.startswith("/"):
        raise Failure(f"PREFIX must be an absolute path, not {quoted(prefix)}")
    if set(prefix) & set("\"'\\$`\n"):
        raise Failure(
            f"PREFIX cannot be {quoted(prefix)}: it has a quotation mark, or the like"
        )
    there = _nearest(prefix)
    if not os.path.isdir(there):
        raise Failure(
            f"PREFIX cannot be {quoted(prefix)}: {quoted(there)} is no directory"
        )
    if os.geteuid() == 0:
        check_owners(there)
        if closed := _closed_to_nobody(os.path.realpath(prefix)):
            raise Failure(
                f"other users cannot run what is in {quoted(prefix)}: "
                f"{quoted(closed)} is closed to them",
                hint=_CLOSED,
            )
    if not os.access(there, os.W_OK | os.X_OK):
        why = "you may not write there" if os.geteuid() else "it cannot be written"
        raise Failure(
            f"could not install in {quoted(prefix)}: directory {quoted(there)}: {why}",
            hint="Install as root, or choose a PREFIX of your own.",
        )


def _nearest(prefix: str) -> str:
    """Return the part of *prefix* that is there already."""
    there = prefix
    while not os.path.lexists(there):
        there = os.path.dirname(there)
    return there


def check_owners(path: str) -> None:
    """Refuse, for root, a directory that another user could change, or one above it.

    RMS runs as root what is installed here.  Raises Failure.
    """
    at = Path(os.path.realpath(path))
    for one in (at, *at.parents):
        found = one.stat()
        others = found.st_mode & stat.S_IWOTH or (
            found.st_mode & stat.S_IWGRP and found.st_gid != 0
        )
        if found.st_uid != 0 or (others and not (found.st_mode & stat.S_ISVTX)):
            raise Failure(
                f"root would run what other users can change: directory {quoted(str(one))} "
                f"{_whose(found)}",
                hint="Choose a PREFIX below directories that are root's alone.",
            )


def _whose(found: os.stat_result) -> str:
    if found.st_uid == 0:
        return "can be written by others"
    try:
        return f"is {quoted(pwd.getpwuid(found.st_uid).pw_name)}'s"
    except KeyError:
        return f"is that of user {found.st_uid}"


def _closed_to_nobody(path: str) -> str:
    """Return the first directory on the way to *path* that `nobody` cannot enter, or "".

    As root, servers and monitors run as another user.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _look_as_nobody(path, writer)
    os.close(writer)
    with open(reader, "rb") as pipe:
        said = os.fsdecode(pipe.read())
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        raise Failure("could not try PREFIX as the user nobody")
    return said


def _look_as_nobody(path: str, writer: int) -> NoReturn:
    try:
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        os.write(writer, os.fsencode(reach.closed(path)))
        os._exit(0)
    finally:
        os._exit(1)


def make(path: Path) -> list[Path]:
    """Make directory *path* and those above it, and return those that were missing.

    Raises Failure for a place that another user could change, OSError.
    """
    missing = []
    at = path
    while not at.exists():
        missing.append(at)
        at = at.parent
    for one in reversed(missing):
        one.mkdir(mode=0o755, exist_ok=True)
    if os.geteuid() == 0:
        check_owners(str(path))
    return missing
