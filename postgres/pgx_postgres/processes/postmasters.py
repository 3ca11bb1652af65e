"""Which postmasters of a user run here, found by their processes alone.

Nothing is opened under the data directory: it may be on a disk that hangs.
pgx_check imports this, so only /proc is read.
"""

from __future__ import annotations

import os

from pgx_base import proc
from pgx_postgres.processes.servers import Servers

_SETTING = "data_directory"


def of_user(uid: int) -> list[int]:
    """Return the PIDs of the postmasters of *uid*.

    What a postmaster has left behind is none, nor is a standalone backend.
    """
    look = Servers(uid)
    heads = (pid for pid in look.of_user() if look.is_head(pid))
    return sorted(pid for pid in heads if not look.is_standalone(pid))


def by_path(uid: int, data_directory: str) -> list[int]:
    """Return those that work in, or were started for, what is named *data_directory*.

    Asks no disk, so a link in the path is known by the command line alone.  A name proves
    less than `by_key`: something else may be mounted there by now.
    """
    wanted = os.path.normpath(data_directory)
    return [pid for pid in of_user(uid) if has_name(pid, wanted)]


def has_name(pid: int, wanted: str) -> bool:
    """Whether *pid* works in, or was started for, what we call *wanted*."""
    named = proc.cwd(pid) == wanted or started_for(proc.cmdline(pid)) == wanted
    return named and proc.same_mounts(pid)


def started_for(words: list[str]) -> str | None:
    """Return the data directory that a server's command line names, None without one.

    A data_directory that is set there counts before -D, which may name the directory of
    the configuration.
    """
    named = None
    for word, after in zip(words, [*words[1:], ""], strict=False):
        setting, equals, value = (
            word.removeprefix("-c").removeprefix("--").partition("=")
        )
        if equals and setting.replace("-", "_") == _SETTING:
            return os.path.normpath(value)
        if word.startswith("-D") and named is None:
            named = os.path.normpath(word.removeprefix("-D") or after)
    return named


def of_directory(uid: int, data_directory: str) -> list[int]:
    """Return those of the directory that *data_directory* leads to now; asks its disk.

    Only where it cannot be looked at does the name have to do: a server below a mount
    point works on another directory than the one that is mounted there.
    """
    try:
        where = os.stat(data_directory)
    except OSError:
        return by_path(uid, data_directory)
    return by_key(uid, (where.st_dev, where.st_ino))


def by_key(uid: int, key: tuple[int, int]) -> list[int]:
    """Return those whose working directory has device and inode *key*."""
    return [pid for pid in of_user(uid) if proc.cwd_key(pid) == key]
