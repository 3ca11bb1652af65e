"""What is known of an instance before its processes are looked for.

The registry names the data directory, the record and the entry under /run name the
postmaster, postmaster.pid is one more witness.  Each of them may be missing or wrong:
none of it is asked for more than it can prove.
"""

from __future__ import annotations

from pgx_base import proc
from pgx_base.idents import Ident, Key
from pgx_base.light.dataclasses import dataclass
from pgx_postgres import pidfile
from pgx_postgres.processes import holdings, memory

_VERSION_FILE = "PG_VERSION"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the processes of an instance are known by.

    `data_key` is the data directory as its name leads to it now, None when it cannot be
    asked; `recorded_key` as it was when its postmaster was recorded.  `guard_key` is that
    of PG_VERSION, None when it cannot be seen.  `segments` is shared memory that is the
    instance's beyond doubt.  `pid_file` is what postmaster.pid says, None where it is not
    there or cannot be read.  `watchers` are programs that hold the guard for a server.
    """

    uid: int
    data_directory: str
    data_key: Key | None = None
    recorded_key: Key | None = None
    recorded: tuple[Ident, ...] = ()
    segments: frozenset[int] = frozenset()
    guard_key: Key | None = None
    pid_file: pidfile.PidFile | None = None
    watchers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What somebody wrote down, in this boot, of the instance's postmaster.

    `key` is the data directory as it was then, `shmid` its shared memory; None and 0 where
    they were not known.
    """

    postmaster: Ident | None = None
    key: Key | None = None
    shmid: int = 0


_NOTHING = Recorded()


def gather(
    uid: int,
    data_directory: str,
    found: Recorded = _NOTHING,
    more: tuple[Ident, ...] = (),
    watchers: tuple[str, ...] = (),
) -> Evidence:
    """Return what is known of the instance of user *uid* in *data_directory*.

    *found* was recorded of its postmaster; *more* are others that it may have had.
    """
    idents = (found.postmaster, *more) if found.postmaster else more
    recorded = tuple(dict.fromkeys(idents))
    return Evidence(
        uid,
        data_directory,
        holdings.key(data_directory),
        _recorded_key(found, recorded),
        recorded,
        _segments(uid, found),
        holdings.key(f"{data_directory}/{_VERSION_FILE}"),
        _pid_file(data_directory),
        watchers,
    )


def _recorded_key(found: Recorded, recorded: tuple[Ident, ...]) -> Key | None:
    """Return the data directory's key by the record, else by the postmaster's own."""
    if found.key is not None:
        return found.key
    for pid, start in recorded:
        where = proc.cwd_key(pid)
        if where is not None and proc.alive(pid, start):
            return where
    return None


def _segments(uid: int, found: Recorded) -> frozenset[int]:
    """Return the segment that the record names, if its postmaster has made it.

    An id alone proves nothing: like a PID it is used again.  postmaster.pid names one
    too, and may have been copied from another instance with it.
    """
    if not found.shmid or not found.postmaster:
        return frozenset()
    there = memory.segments().get(found.shmid)
    if there is None or (there.creator, there.uid) != (found.postmaster[0], uid):
        return frozenset()
    return frozenset({found.shmid})


def _pid_file(data_directory: str) -> pidfile.PidFile | None:
    try:
        return pidfile.read(data_directory)
    except (pidfile.Garbled, OSError):
        return None
