"""Which processes of a user are PostgreSQL's servers?  A file's name proves nothing.

A program may be renamed or deleted while it runs, or have a packager's name from the
beginning; and a script may be called postgres.  A server's process is

- one that has set a title: `postgres: ...` as the one word of its command line;
- the parent of such processes that runs the same program file, since they are its forks;
- the maker of a shared memory segment whose key is the inode of the maker's working
  directory: a postmaster without children, or a standalone backend.

Nothing is opened under a data directory, which may be on a disk that hangs: only /proc is
read.  pgx_check imports this.
"""

from __future__ import annotations

import os

from pgx_base import proc
from pgx_base.idents import Key
from pgx_postgres.processes import children, memory

TITLE = "postgres: "
STANDALONE = "--single"

Table = dict[int, tuple[str, int, int]]  # state letter, parent, start time


def table() -> Table:
    """Return every living process of this PID namespace."""
    found: Table = {}
    for pid in proc.pids():
        stat = proc.read_stat(pid)
        if stat is not None and stat[0] not in "ZX":
            found[pid] = stat
    return found


def is_title(words: list[str]) -> bool:
    """Whether a command line of *words* is a title that a server's process has set."""
    return len(words) == 1 and words[0].startswith(TITLE)


class Servers:
    """One look at the processes of user *uid*; what is asked of each is asked once."""

    def __init__(self, uid: int) -> None:
        self.there = table()
        self._uid = uid
        self._mounts: bytes | None = None
        self._users: dict[int, bool] = {}
        self._words: dict[int, list[str]] = {}
        self._places: dict[int, Key | None] = {}
        self._children: dict[int, list[int]] = {}
        self._heads: dict[int, bool] = {}
        self._makers: dict[int, list[int]] | None = None

    def of_user(self) -> list[int]:
        """Return all processes of the user."""
        return [pid for pid in self.there if self.is_users(pid)]

    def is_users(self, pid: int) -> bool:
        """Whether *pid* is the user's; one that is closed to him belongs to root in /proc."""
        if pid not in self._users:
            self._users[pid] = _is_users(pid, self._uid)
        return self._users[pid]

    def words(self, pid: int) -> list[str]:
        """Return the command line of *pid*, empty where it is just ending."""
        if pid not in self._words:
            self._words[pid] = proc.cmdline(pid)
        return self._words[pid]

    def place(self, pid: int) -> Key | None:
        """Return the working directory of *pid*, None where it may not be looked at."""
        if pid not in self._places:
            self._places[pid] = self._link_key(f"/proc/{pid}/cwd")
        return self._places[pid]

    def children(self, pid: int) -> list[int]:
        """Return the living children of *pid*."""
        if not self._children:
            self._children = children.by_parent(self.there)
        return self._children.get(pid, [])

    def is_titled(self, pid: int) -> bool:
        """Whether *pid* has a server process's title; a postmaster never has."""
        return is_title(self.words(pid))

    def is_standalone(self, pid: int) -> bool:
        """Whether *pid* was begun as a backend without a postmaster (`postgres --single`)."""
        return self.words(pid)[1:2] == [STANDALONE]

    def has_forked(self, pid: int) -> bool:
        """Whether *pid* has forked server processes: titled children with its own program.

        Whoever takes in orphans of others has another one.
        """
        titled = (one for one in self.children(pid) if self.is_titled(one))
        return any(self._program(one) == self._program(pid) for one in titled)

    def has_made_memory(self, pid: int) -> bool:
        """Whether *pid* has made the shared memory of the directory that it works in."""
        if self._makers is None:
            self._makers = _makers(self._uid)
        keys, place = self._makers.get(pid), self.place(pid)
        return bool(
            keys and place and any(memory.is_keyed(key, place[1]) for key in keys)
        )

    def is_head(self, pid: int) -> bool:
        """Whether *pid* is a postmaster or a standalone backend, of whatever directory."""
        if pid not in self._heads:
            forked = not self.is_titled(pid) and self.has_forked(pid)
            made = not self.is_titled(pid) and not forked and self.has_made_memory(pid)
            self._heads[pid] = forked or made
        return self._heads[pid]

    def is_server(self, pid: int) -> bool:
        """Whether *pid* is a server's process, of whatever directory; also an orphan."""
        return self.is_titled(pid) or self.is_head(pid)

    def _program(self, pid: int) -> Key | None:
        return self._link_key(f"/proc/{pid}/exe")

    def _link_key(self, link: str) -> Key | None:
        if self._mounts is None:
            self._mounts = proc.mounts()
        return proc.link_key(link, self._mounts)


def _is_users(pid: int, uid: int) -> bool:
    try:
        owner = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return False
    return owner == uid or (owner == 0 and proc.uid_of(pid) == uid)


def _makers(uid: int) -> dict[int, list[int]]:
    """Return the keys of the segments of user *uid* by the process that made them."""
    found: dict[int, list[int]] = {}
    for segment in memory.segments().values():
        if segment.uid == uid:
            found.setdefault(segment.creator, []).append(segment.key)
    return found
