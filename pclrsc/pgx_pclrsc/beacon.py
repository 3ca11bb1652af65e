"""The beacon: what is said where the work directory cannot be written, fails or hangs.

It is a file under /run, made by root, that the OS user can open for reading alone.  What
is said is not in it but in where read locks are held on it (locks.py has the places), so
that it can neither fill nor fail, and what is said ends with whoever said it.  Whose lock
it is is asked of /proc: others of the OS user's group can hold one too, and are not heard.
"""

from __future__ import annotations

import os

from pgx_base import locks, proc
from pgx_pclrsc import registry, runentry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pgx_base.idents import Ident

Places = list[tuple[int, int]]


class Beacon:
    """Says things on the beacon of a resource, as long as this process lives."""

    def __init__(self, root: str, name: str) -> None:
        self._path = registry.beacon_path(root, name)
        self._fd = -1
        self._held: set[int] = set()

    def say(self, wanted: set[int]) -> None:
        """Hold *wanted*, and then no other place; where there is no beacon, nothing is said."""
        self._look()
        if self._fd < 0:
            return
        for place in wanted - self._held:
            if _take(self._fd, place):
                self._held.add(place)
        for place in self._held - wanted:
            locks.release(self._fd, place)
        self._held &= wanted

    def _look(self) -> None:
        """Open it, and anew where another file has its name by now."""
        try:
            there = os.stat(self._path, follow_symlinks=False)
            if self._fd >= 0 and os.path.samestat(there, os.fstat(self._fd)):
                return
        except OSError:
            return  # whoever has it open still hears us
        fresh = locks.open_beacon(self._path)
        if fresh >= 0:
            if self._fd >= 0:
                os.close(self._fd)
            self._fd, self._held = fresh, set()


def _take(fd: int, place: int) -> bool:
    try:
        return locks.take(fd, place, shared=True)
    except OSError:
        return False  # no memory for a lock: it is tried again


def online(postmaster: Ident) -> int:
    """Return the place that says Online of *postmaster*."""
    return locks.ONLINE_IS + locks.ident(*postmaster)


def faulted(postmaster: Ident) -> int:
    """Return the place that says Faulted of *postmaster*."""
    return locks.FAULTED_IS + locks.ident(*postmaster)


def fresh(good_until: int) -> int:
    """Return the place that says that a monitor is well until *good_until*."""
    return locks.FRESH + good_until


class Heard:
    """What the OS user's processes say on a beacon, and what root has latched.

    *latches*: what is to be kept is.
    """

    def __init__(self, beacon: int, *, latches: bool = True) -> None:
        self._fd = beacon
        self._latches = latches
        words = os.pread(beacon, 64, 0).split()
        self.uid = int(words[0]) if words else -1
        self._latched = {int(word) for word in words[1:]}
        self._places = _places(beacon, self.uid)

    def _says(self, first: int, last: int) -> bool:
        return any(begin <= last and end >= first for begin, end in self._places)

    def alone(self) -> bool:
        """Whether a monitor that is well cannot keep the record."""
        return self._says(locks.ALONE, locks.ALONE) and self.watched()

    def leaving(self) -> bool:
        """Whether an Offline works that could not take the transition lock."""
        return self._says(locks.LEAVING, locks.LEAVING)

    def working(self) -> bool:
        """Whether an Offline works on a resource that it has found Online or Faulted."""
        return self._says(locks.WORKING, locks.WORKING)

    def watched(self) -> bool:
        """Whether a monitor is well."""
        now = fresh(proc.monotonic_ms())
        return self._says(now + 1, locks.ONLINE_IS - 1)

    def faulted(self, postmaster: Ident) -> bool:
        """Whether *postmaster* is Faulted."""
        place = faulted(postmaster)
        return place in self._latched or self._says(place, place)

    def keep_faulted(self, postmaster: Ident) -> bool:
        """Whether *postmaster* is Faulted; where we are root that is kept.

        Faulted is final, and the monitor may end while it can say so nowhere else.
        """
        if not self.faulted(postmaster):
            return False
        if not self._latches:
            return True
        try:
            runentry.latch(self._fd, faulted(postmaster))
        except OSError:
            pass  # the monitor goes on saying it
        return True

    def postmaster(self) -> Ident | None:
        """Return the postmaster of which the monitor says that it is Online or Faulted."""
        for begin, _ in self._places:
            if begin >= locks.ONLINE_IS:
                return locks.process(begin)
        return None


def _places(beacon: int, uid: int) -> Places:
    found: Places = []
    wanted = os.fstat(beacon)
    for pid in proc.pids():
        if proc.uid_of(pid) == uid and any(
            "pgx_" in word for word in proc.cmdline(pid)
        ):
            found += _places_of(pid, (wanted.st_dev, wanted.st_ino))
    return found


def _places_of(pid: int, key: tuple[int, int]) -> Places:
    """Return what *pid* holds of the file *key*, as /proc lists it: first and last place."""
    found: Places = []
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            if proc.link_key(f"/proc/{pid}/fd/{fd}") == key:
                with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as file:
                    found += [_ends(line) for line in file if " READ " in line]
    except OSError:
        pass  # it has ended, or closes what it had
    return found


def _ends(line: str) -> tuple[int, int]:
    """Return the ends of a lock: `lock: 1: OFDLCK ADVISORY READ -1 00:1a:7 FIRST LAST`."""
    begin, end = line.split()[-2:]
    return int(begin), locks.LAST if end == "EOF" else int(end)


def says_faulted(root: str, name: str, postmaster: Ident) -> bool:
    """Whether the beacon of a resource says Faulted of *postmaster*."""
    fd = locks.open_beacon(registry.beacon_path(root, name))
    if fd < 0:
        return False
    try:
        return locks.says_faulted(fd, *postmaster) and Heard(fd).faulted(postmaster)
    finally:
        os.close(fd)
