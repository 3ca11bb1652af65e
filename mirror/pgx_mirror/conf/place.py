"""Where the management directory may be.  Manual 5.2.1 and 6.3.1, steps 1 and 2."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from pgx_base.text import quoted
from pgx_mirror.conf.problem import Problem, wrong
from pgx_postgres import tablespaces

_WHY_OUT = "What belongs to the instance is copied, replaced and removed with it."
_OUT = "Move the management directory out."


def directory_problems(mcdir: str) -> list[Problem]:
    """Return why *mcdir*, an absolute path, cannot be a management directory."""
    name = f"management directory {quoted(mcdir)}"
    try:
        status = os.stat(mcdir)
    except (OSError, ValueError) as ex:
        why = ex.strerror if isinstance(ex, OSError) else str(ex)
        return [wrong(0, f"could not open {name}: {why}")]
    if not stat.S_ISDIR(status.st_mode):
        return [wrong(0, f"{name} is not a directory")]
    return list(_judged(mcdir, name, status))


def _judged(mcdir: str, name: str, status: os.stat_result) -> Iterator[Problem]:
    if not all(33 <= ord(c) <= 126 for c in mcdir):
        detail = "Its path has a space, or something else than ASCII characters, in it."
        yield wrong(0, f"{name} has a path that cannot be used", detail)
    if status.st_uid != os.geteuid():
        yield wrong(
            0,
            f"{name} has wrong ownership",
            f"It belongs to user id {status.st_uid}, and this is user id {os.geteuid()}.",
            "It must belong to the instance administrator, who runs the command.",
        )
    if status.st_mode & 0o022:
        yield wrong(
            0,
            f"{name} can be written by others",
            f"Its mode is {stat.S_IMODE(status.st_mode):04o}.",
            "Change its mode to 0700.",
        )


def nested_by_name(mcdir: str, data_directory: str, line: int) -> list[Problem]:
    """Return what the names of both alone tell, without touching the data directory."""
    inner, outer = os.path.normpath(mcdir) + "/", os.path.normpath(data_directory) + "/"
    if inner.startswith(outer):
        return [
            wrong(line, "management directory is inside db_instance", _WHY_OUT, _OUT)
        ]
    if outer.startswith(inner):
        return [
            wrong(line, "management directory has db_instance inside", _WHY_OUT, _OUT)
        ]
    return []


def instance_problems(mcdir: str, data_directory: str) -> list[Problem]:
    """Return why *mcdir* is in the wrong place beside the instance in *data_directory*.

    It reads the data directory, so it may hang with its disk.
    """
    places = {"data directory": data_directory}
    try:
        places |= {
            "pg_wal" if space.role == tablespaces.WAL else space.name: space.target
            for space in tablespaces.find(data_directory)
        }
    except OSError:
        pass  # there is no instance yet
    found = [_nested(mcdir, what, path) for what, path in places.items()]
    return [problem for problem in found if problem]


def _nested(mcdir: str, what: str, path: str) -> Problem | None:
    if lies_in(mcdir, path):
        return wrong(
            0, f"management directory is inside {what} {quoted(path)}", _WHY_OUT, _OUT
        )
    if lies_in(path, mcdir):
        return wrong(
            0, f"management directory has {what} {quoted(path)} inside", _WHY_OUT, _OUT
        )
    return None


def lies_in(inner: str, outer: str) -> bool:
    """Whether *inner* is *outer* or below it, whatever links and mounts lead there."""
    at = os.path.realpath(inner)
    if at == (real := os.path.realpath(outer)) or at.startswith(real.rstrip("/") + "/"):
        return True
    try:
        wanted = os.stat(outer)
    except OSError:
        return False
    while True:
        try:
            if os.path.samestat(os.stat(at), wanted):
                return True
        except OSError:
            pass  # it is not there yet; what is above it may be
        if at == "/":
            return False
        at = os.path.dirname(at)
