"""Who listens at a port, by what /proc shows to us."""

from __future__ import annotations

import os
import pwd

from pgx_base import proc
from pgx_base.text import quoted

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LISTENS = "0A"


def shown(port: int) -> str:
    """Return a sentence about who listens at *port* of this host."""
    inodes = listeners("\n".join(map(proc.text, _TABLES)), port)
    for pid in proc.pids():
        if inodes.keys() & _sockets(pid):
            words = quoted(" ".join(proc.cmdline(pid))[:200])
            return f"Process {pid} has it: {words}."
    users = sorted({_user(uid) for uid in inodes.values()})
    if users:
        return f"A process of user {' or '.join(map(quoted, users))} has it."
    return "A connection that is still open has it."


def listeners(table: str, port: int) -> dict[str, int]:
    """Return inode and user id of each socket in *table*, a text of /proc, that listens."""
    found = {}
    for line in table.splitlines():
        words = line.split()
        if len(words) < 10 or words[3] != _LISTENS:
            continue
        if words[1].rpartition(":")[2] == f"{port:04X}":
            found[words[9]] = int(words[7])
    return found


def _sockets(pid: int) -> set[str]:
    """Return the inodes of the sockets of *pid*, none where it may not be looked into."""
    directory = f"/proc/{pid}/fd"
    try:
        links = [f"{directory}/{name}" for name in os.listdir(directory)]
    except OSError:
        return set()  # another user's, or gone
    return {link[len("socket:[") : -1] for link in map(_target, links) if link}


def _target(link: str) -> str:
    """Return what *link* leads to, "" for what is no socket."""
    try:
        target = os.readlink(link)
    except OSError:
        return ""
    return target if target.startswith("socket:[") else ""


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
