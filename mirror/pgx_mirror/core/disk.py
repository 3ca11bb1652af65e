"""Is a disk at fault?  One file after the other is written there, synced and removed.

An error is one at once.  Silence is none by itself: a checkpoint makes fsync wait for
seconds.  So a time-out is an error only when it came retry + 1 times in a row and the
server's own writes have not gone on meanwhile either, though something waits for them.
Manual 5.1; a disk of its own for a tablespace can thus fail by errors alone.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, replace
from typing import TypeAlias

from pgx_mirror.core.seen import Seen

# The disk, or the way to it, is gone or broken; no other file there can be trusted either.
_BROKEN = frozenset(
    getattr(errno, name)
    for name in (
        "EIO",
        "EROFS",
        "ENODEV",
        "ENXIO",
        "EUCLEAN",  # the file system has found itself inconsistent
        "EBADMSG",  # a checksum of it is wrong
        "ESHUTDOWN",
        "ESTALE",
        "ENOTCONN",  # the daemon of a FUSE file system has gone
        "ENOLINK",
        "ENODATA",  # what the block layer makes of a medium error,
        "EREMOTEIO",  # of a target that failed,
        "ETIMEDOUT",  # and of a time-out
        "EILSEQ",
        "ENOMEDIUM",
    )
)
_FULL = frozenset((errno.ENOSPC, errno.EDQUOT))


@dataclass(frozen=True, slots=True)
class Place:
    """A directory on a disk: *what* it is for people, *wal*: commits are flushed there."""

    what: str
    path: str
    wal: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds between two files, seconds that one may take, and how often it is tried again."""

    interval: float
    timeout: float
    retry: int

    @property
    def silence(self) -> float:
        """How long the server's own writes must have stood still, in seconds."""
        return max(self.timeout, self.retry * (self.interval + self.timeout))


@dataclass(frozen=True, slots=True)
class Server:
    """What looks at the server tell of its own writes.

    *position* is what it has flushed, *since* when that was seen to move last; *waits*:
    something waited to be flushed at the last look.
    """

    position: int
    since: float
    waits: bool


def noticed(before: Server | None, seen: Seen, now: float) -> Server:
    """Return what is known of the server's own writes after a look."""
    if seen.recovery:
        position = max(seen.received, seen.replayed)
        told = seen.receiver.told if seen.receiver else 0
        waits = told > position
    else:
        position, waits = seen.flush, seen.writing > 0
    if before is not None and before.position == position:
        return replace(before, waits=waits)
    return Server(position, now, waits)


@dataclass(frozen=True, slots=True)
class Disk:
    """What is known of one disk.

    *begun*: since when a file is being written, None while none is; *next*: when the next
    one is due; *late*: how many time-outs there were in a row, *hung* of them of this file;
    *fault* is empty while the disk is well, *full* after a file that found no room, *odd*
    what kept the last one from being written, besides the disk.
    """

    place: Place
    next: float = 0.0
    begun: float | None = None
    late: int = 0
    hung: int = 0
    fault: str = ""
    full: bool = False
    odd: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """The file is written and gone again, or *error*, an errno, came while *doing* so."""

    error: int = 0
    doing: str = ""


Event: TypeAlias = Tick | Wrote


@dataclass(frozen=True, slots=True)
class Write:
    """Write the next file."""

    place: Place


@dataclass(frozen=True, slots=True)
class Failed:
    """The disk is at fault: *reason*."""

    place: Place
    reason: str


@dataclass(frozen=True, slots=True)
class Well:
    """It takes writes again."""

    place: Place


@dataclass(frozen=True, slots=True)
class Slow:
    """So many files in a row took too long, this one *seconds* so far; that is no fault yet."""

    place: Place
    seconds: float


@dataclass(frozen=True, slots=True)
class Full:
    """There is no room, or a quota is used up."""

    place: Place


@dataclass(frozen=True, slots=True)
class Odd:
    """The file could not be written for a *reason* that says nothing about the disk."""

    place: Place
    reason: str


Effect: TypeAlias = Write | Failed | Well | Slow | Full | Odd


def wake(disk: Disk, limits: Limits) -> float:
    """Return when the next Tick is due."""
    if disk.begun is None:
        return disk.next
    return _due(disk.begun, disk.hung, limits)


def _due(begun: float, hung: int, limits: Limits) -> float:
    """Return when the next time-out of a file is due: as often as if each were another."""
    return begun + limits.timeout + hung * (limits.interval + limits.timeout)


def step(
    disk: Disk, event: Event, now: float, limits: Limits, server: Server | None
) -> tuple[Disk, list[Effect]]:
    """Return what is known after *event* at *now*, and what is to be done and said."""
    match event:
        case Tick():
            return _tick(disk, now, limits, server)
        case Wrote(error=0):
            return _wrote(disk, now, limits)
        case Wrote(error, doing):
            return _failed(disk, error, doing, now, limits)


def _tick(
    disk: Disk, now: float, limits: Limits, server: Server | None
) -> tuple[Disk, list[Effect]]:
    if disk.begun is None:
        if now < disk.next:
            return disk, []
        return replace(disk, begun=now), [Write(disk.place)]
    begun, effects = disk.begun, list[Effect]()
    if now >= _due(begun, disk.hung, limits):
        disk = replace(disk, late=disk.late + 1, hung=disk.hung + 1)
        if disk.late == limits.retry + 1:
            effects.append(Slow(disk.place, now - begun))
    if disk.fault or not _is_stuck(disk, now, limits, server):
        return disk, effects
    reason = f"no write has come to its end for {now - begun:.1f} s"
    return replace(disk, fault=reason), [*effects, Failed(disk.place, reason)]


def _is_stuck(disk: Disk, now: float, limits: Limits, server: Server | None) -> bool:
    """Whether silence is an error: ours in a row, and the server's own with something due."""
    return (
        disk.place.wal
        and disk.late > limits.retry
        and server is not None
        and server.waits
        and now - server.since >= limits.silence
    )


def _wrote(disk: Disk, now: float, limits: Limits) -> tuple[Disk, list[Effect]]:
    after = _over(disk, now, limits)
    effects: list[Effect] = [Well(disk.place)] if disk.fault else []
    return replace(after, fault="", full=False, odd=""), effects


def _failed(
    disk: Disk, error: int, doing: str, now: float, limits: Limits
) -> tuple[Disk, list[Effect]]:
    reason = f"{doing}: {errno.errorcode.get(error, error)}"
    after = _over(disk, now, limits)
    if error in _BROKEN:
        effects: list[Effect] = [] if disk.fault else [Failed(disk.place, reason)]
        return replace(after, fault=disk.fault or reason), effects
    if error in _FULL:
        # It takes writes, or there would be another error.
        well: list[Effect] = [Well(disk.place)] if disk.fault else []
        said: list[Effect] = [] if disk.full else [Full(disk.place)]
        return replace(after, fault="", full=True), well + said
    odd: list[Effect] = [] if disk.odd == reason else [Odd(disk.place, reason)]
    return replace(after, odd=reason), odd


def _over(disk: Disk, now: float, limits: Limits) -> Disk:
    """Return *disk* after its file has come to an end; one in time ends a row of time-outs."""
    begun = now if disk.begun is None else disk.begun
    late = disk.late if now - begun >= limits.timeout else 0
    due = max(now, begun + limits.interval)
    return replace(disk, begun=None, next=due, late=late, hung=0)
