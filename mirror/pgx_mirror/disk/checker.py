"""The disks of a server that runs, in the controller's loop: it never waits for any.

A child for each file system writes the files; another one finds out, now and then, which
file systems there are.  All of them may hang.
"""

from __future__ import annotations

import json
import os
from collections.abc import Container
from dataclasses import dataclass
from errno import EAGAIN, ECHILD
from functools import partial

from pgx_base.child import Child
from pgx_mirror.core import disk
from pgx_mirror.core.disk import Effect, Event, Limits, Place, Server, Tick, Wrote
from pgx_mirror.core.seen import Seen
from pgx_mirror.disk import file, places

FOUND_ANEW = 60.0  # seconds between two looks for tablespaces
_AGAIN = 1.0  # seconds until another one, where no child can be begun


@dataclass
class _Watched:
    """One disk, and the child that writes there."""

    known: disk.Disk
    child: Child | None = None  # begun with its first file


class Checker:
    """Watches the disks of *data_directory*, from when its server is up until it is not.

    Poll `fds` until `wake`, then call `turn`; `told` takes what looks at the server show.
    `fault` is empty while all disks are well, *late* whether one of them is slow: then looks
    should commit something of their own.  Its children are the caller's to reap.
    """

    def __init__(self, data_directory: str, limits: Limits) -> None:
        self._directory, self._limits = data_directory, limits
        self._watched: dict[Place, _Watched] = {}
        self._finder: Child | None = None
        self._found: list[Place] = []
        self._find_at = 0.0
        self._server: Server | None = None
        # Watched from the first, though the finder may hang; it corrects what is wrong.
        self._watch(Place(places.DATA, data_directory, wal=True), 0.0)

    @property
    def fault(self) -> str:
        """Why the disks are not fit to serve, empty if they are."""
        return next(
            (w.known.fault for w in self._watched.values() if w.known.fault), ""
        )

    @property
    def late(self) -> bool:
        """Whether a file takes too long where commits are flushed."""
        return any(w.known.late and w.known.place.wal for w in self._watched.values())

    def told(self, seen: Seen, now: float) -> None:
        """Take a look at the server."""
        self._server = disk.noticed(self._server, seen, now)

    def fds(self) -> list[int]:
        """Return what to poll for reading."""
        children = [w.child for w in self._watched.values() if w.child is not None]
        found = [child.fd for child in children if not child.ended]
        return found if self._finder is None else [*found, self._finder.fd]

    def wake(self) -> float:
        """Return when `turn` is due, whatever is ready."""
        due = [disk.wake(w.known, self._limits) for w in self._watched.values()]
        return min(
            [*due, *([self._find_at] if self._finder is None else [])], default=0
        )

    def turn(self, ready: Container[int], now: float) -> list[Effect]:
        """Go on without waiting, and return what there is to say."""
        self._find(ready, now)
        said: list[Effect] = []
        for one in list(self._watched.values()):
            for event in _events(one.child, ready):
                said += self._step(one, event, now)
            # One that is slow is judged again, as looks at the server go on.
            if now >= disk.wake(one.known, self._limits) or one.known.late:
                said += self._step(one, Tick(), now)
        return said

    def _step(self, one: _Watched, event: Event, now: float) -> list[Effect]:
        one.known, effects = disk.step(
            one.known, event, now, self._limits, self._server
        )
        said: list[Effect] = [
            effect for effect in effects if not isinstance(effect, disk.Write)
        ]
        if len(said) < len(effects):
            for failed in self._write(one):
                said += self._step(one, failed, now)
        return said

    def _write(self, one: _Watched) -> list[Event]:
        """Have a file written; return why none is, where no child can be begun."""
        if one.child is not None and one.child.ended:
            one.child.close()
            one.child = None
        if one.child is None:
            try:
                one.child = Child(partial(_write_on, one.known.place.path))
            except OSError as ex:
                return [Wrote(ex.errno or EAGAIN, "begin a process")]
        one.child.tell(b".")
        return []

    def _find(self, ready: Container[int], now: float) -> None:
        """Look for file systems now and then; watch those that are new, forget the others."""
        if self._finder is None:
            if now >= self._find_at:
                self._begin_finder(now)
            return
        if self._finder.fd not in ready:
            return
        for line in self._finder.hear():
            self._hear(json.loads(line), now)
        if self._finder.ended:
            self._finder.close()
            self._finder, self._find_at = None, now + FOUND_ANEW

    def _begin_finder(self, now: float) -> None:
        self._found = []
        try:
            self._finder = Child(partial(_find_all, self._directory))
        except OSError:
            self._find_at = (
                now + _AGAIN
            )  # who writes files tells that there is no process

    def _hear(self, place: list[object] | None, now: float) -> None:
        """Watch what was found; at the end forget what was not."""
        if place is not None:
            self._found.append(self._watch(Place(*place), now))  # type: ignore[arg-type]
            return
        for gone in [one for one in self._watched if one not in self._found]:
            _close(self._watched.pop(gone).child)

    def _watch(self, place: Place, now: float) -> Place:
        if place not in self._watched:
            self._watched[place] = _Watched(disk.Disk(place, next=now))
        return place

    def close(self) -> None:
        """End all children."""
        for one in self._watched.values():
            _close(one.child)
        if self._finder is not None:
            self._finder.close()
        self._watched, self._finder = {}, None


def _close(child: Child | None) -> None:
    if child is not None:
        child.close()


def _events(child: Child | None, ready: Container[int]) -> list[Event]:
    if child is None or child.fd not in ready:
        return []
    found: list[Event] = [Wrote(*json.loads(line)) for line in child.hear()]
    return [*found, Wrote(ECHILD, "the child has ended")] if child.ended else found


# --- in the children ---------------------------------------------------------------------


def _write_on(directory: str, read_fd: int, write_fd: int) -> None:
    while os.read(read_fd, 1):
        found = file.write(directory)
        _say(write_fd, (found.error, found.doing))


def _find_all(data_directory: str, _: int, write_fd: int) -> None:
    try:
        for place in places.find(data_directory):
            _say(write_fd, (place.what, place.path, place.wal))
        _say(write_fd, None)
    except OSError:
        pass  # whoever writes there will tell


def _say(fd: int, what: object) -> None:
    os.write(fd, json.dumps(what).encode() + b"\n")
