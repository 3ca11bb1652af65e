"""Which postmasters of a user run here, found by their processes alone.

Nothing is opened under the data directory: it may be on a disk that hangs.
pgx_check imports this, so only /proc is read.
"""

from __future__ import annotations

import os

from pgx_pclrsc import proc

SERVER = "postgres"


def _is_server(pid: int, uid: int) -> bool:
    try:
        if os.stat(f"/proc/{pid}").st_uid != uid and proc.uid_of(pid) != uid:
            return False
    except OSError:
        return False
    return os.path.basename(proc.exe(pid) or "") == SERVER


def of_user(uid: int) -> list[int]:
    """Return the PIDs of server processes of *uid* that no other server process began."""
    servers = {pid for pid in proc.pids() if _is_server(pid, uid)}
    heads = []
    for pid in sorted(servers):
        stat = proc.read_stat(pid)
        if stat is not None and stat[0] not in "ZX" and stat[1] not in servers:
            heads.append(pid)
    return heads


def by_path(uid: int, data_directory: str) -> list[int]:
    """Return those that work in, or were started for, what is named *data_directory*.

    Asks no disk, so a link in the path is known by the command line alone.  A name proves
    less than `by_key`: something else may be mounted there by now.
    """
    wanted = os.path.normpath(data_directory)
    return [pid for pid in of_user(uid) if _has_name(pid, wanted)]


def _has_name(pid: int, wanted: str) -> bool:
    named = proc.cwd(pid) == wanted or started_for(proc.cmdline(pid)) == wanted
    return named and proc.same_mounts(pid)


def started_for(words: list[str]) -> str | None:
    """Return the directory that a server's command line names with -D, None without one.

    A process that is just ending has no command line any more.
    """
    for word, after in zip(words, [*words[1:], ""], strict=False):
        if word.startswith("-D"):
            return os.path.normpath(word.removeprefix("-D") or after)
    return None


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
