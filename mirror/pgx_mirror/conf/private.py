"""Reading a file that is the instance administrator's alone.  Manual 6.3.1, steps 3 and 4.

Others who could read it would have the password or the secret; others who could write it
would command a failover.
"""

from __future__ import annotations

import os
import stat

from pgx_base import odd_file
from pgx_mirror.conf.problem import Problem, wrong
from pgx_mirror.conf.text import LARGEST

_ACCESS_LIST = "system.posix_acl_access"


def read(path: str) -> tuple[bytes | None, list[Problem]]:
    """Return what is in the file *path*, None where it cannot be used, and why.

    No link is followed, nothing is waited for, and one byte more than is allowed is read
    at most.  A file that is open to others is read all the same, so that its lines are
    judged too.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(path, flags)
    except OSError as ex:
        why = odd_file.what(path) or ex.strerror or str(ex)
        return None, [wrong(0, f"could not open file: {why}").at(path)]
    try:
        return _read(fd, path)
    except OSError as ex:
        return None, [wrong(0, f"could not read file: {ex.strerror}").at(path)]
    finally:
        os.close(fd)


def _read(fd: int, path: str) -> tuple[bytes | None, list[Problem]]:
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        why = odd_file.what(path) or "it is not a regular file"
        return None, [wrong(0, f"could not open file: {why}").at(path)]
    problems = [problem.at(path) for problem in access(status, _listed(fd))]
    return _at_most(fd, LARGEST + 1), problems


def access(status: os.stat_result, listed: bool = False) -> list[Problem]:
    """Return what is wrong with a file's owner and mode; *listed*: it has an access list."""
    found: list[Problem] = []
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid != os.geteuid():
        found.append(
            wrong(
                0,
                "file has wrong ownership",
                f"It belongs to user id {status.st_uid}, and this is user id {os.geteuid()}.",
                "It must belong to the instance administrator, who runs the command.",
            )
        )
    if mode & 0o077:
        found.append(
            wrong(
                0,
                "file has group or world access",
                f"Its mode is {mode:04o}"
                + (", by an access control list." if listed else "."),
                "Change its mode to 0600 or 0400"
                + (", and remove the list with setfacl -b." if listed else "."),
            )
        )
    return found


def _listed(fd: int) -> bool:
    """Whether the file has an access control list; its mask is what the mode shows as group."""
    try:
        return bool(os.getxattr(fd, _ACCESS_LIST))
    except OSError:
        return False  # no list, or a file system without


def _at_most(fd: int, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := os.read(fd, count - len(data))):
        data += more
    return data
