"""Who else keeps a directory's file system busy: an administrator's shell, a backup.

They are named and never signalled.  Another instance's disk may hang: file systems are
asked nothing where that can be helped, and root looks in a child with a time limit.  This
is the only module that imports psutil, once there is somebody to name: it takes 20 ms to
load, and a switch would wait for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from pgx_base import proc
from pgx_base.idents import Key
from pgx_postgres.processes import holdings

MOST_NAMED = 20
_LONGEST_COMMAND = 80


def find(keys: list[Key], skip: set[int]) -> list[str]:
    """Return who uses one of the directories *keys* (device, inode) or their file systems.

    Each text names PID, user and command, and what is used.  *skip* are PIDs that are
    not looked at.  Of the root file system, which nobody unmounts, only what is used in
    the directories themselves counts.
    """
    places = _Places(keys)
    found = []
    for pid in proc.pids():
        if pid not in skip and (used := _used(pid, places)):
            found.append(f"{_named(pid)} {used}")
    more = len(found) - MOST_NAMED
    return found[:MOST_NAMED] + ([f"and {more} more"] if more > 0 else [])


class _Places:
    """The directories that are asked about, and which paths lie in them."""

    def __init__(self, keys: list[Key]) -> None:
        root = holdings.key("/")
        self._keys = frozenset(keys)
        self._devices = {device for device, _ in keys}
        self._whole = self._devices - ({root[0]} if root else set())
        self._inside: dict[str, bool] = {}
        self._mounts = proc.mounts()

    def has(self, link: str) -> str | None:
        """Return the path that *link* in /proc leads to if it is one that counts."""
        path = os.readlink(link).removesuffix(" (deleted)")
        if not path.startswith("/"):  # a pipe, a socket
            return None
        where = proc.link_key(link, self._mounts)
        if where is None or where[0] not in self._devices:
            return None
        if where in self._keys or where[0] in self._whole or self._is_inside(path):
            return path
        return None

    def _is_inside(self, path: str) -> bool:
        """Whether a directory above *path* is asked about."""
        if path not in self._inside:
            parent = os.path.dirname(path)
            here = holdings.key(path) in self._keys
            self._inside[path] = here or (parent != path and self._is_inside(parent))
        return self._inside[path]


def _links(pid: int) -> Iterator[tuple[str, str]]:
    yield f"/proc/{pid}/cwd", "has its working directory at"
    yield f"/proc/{pid}/root", "has its root directory at"
    yield f"/proc/{pid}/exe", "runs"
    for name in os.listdir(f"/proc/{pid}/fd"):
        yield f"/proc/{pid}/fd/{name}", "has open"


def _used(pid: int, places: _Places) -> str:
    """Return what *pid* uses there first of all, or nothing."""
    try:
        for link, verb in _links(pid):
            path = places.has(link)
            if path is not None:
                return f"{verb} {path}"
    except OSError:
        pass  # it has ended, or belongs to another user and we are not root
    return ""


def _named(pid: int) -> str:
    """Return PID, user and command; what cannot be told is left out."""
    try:
        import psutil
    except ImportError:
        return f"process {pid}"
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            command = " ".join(process.cmdline()) or process.name()
            uid = process.uids().effective
    except psutil.Error:
        return f"process {pid}"
    return f"process {pid} of user {_user(uid)} ({command[:_LONGEST_COMMAND]})"


def _user(uid: int) -> str:
    """Return the name of *uid*, from /etc/passwd alone: a directory service may hang."""
    try:
        with open("/etc/passwd", encoding="utf-8", errors="replace") as file:
            for line in file:
                words = line.split(":")
                if len(words) > 2 and words[2] == str(uid):
                    return words[0]
    except OSError:
        pass
    return str(uid)
