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
    """Return those whose working directory has the name *data_directory*; asks no disk."""
    wanted = os.path.normpath(data_directory)
    return [pid for pid in of_user(uid) if proc.cwd(pid) == wanted]


def by_key(uid: int, key: tuple[int, int]) -> list[int]:
    """Return those whose working directory has device and inode *key*."""
    return [pid for pid in of_user(uid) if proc.cwd_key(pid) == key]
