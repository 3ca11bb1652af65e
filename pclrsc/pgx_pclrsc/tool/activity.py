"""Whether anything of a resource runs on this node: monitor, transition, instance.

It only looks: nothing in the work directory is opened for writing, no link is followed
there, and a FIFO put in a file's place holds nobody up.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from pgx_base import locks, odd_file
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc.core import names
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_postgres.processes import postmasters
from pgx_postgres.processes.servers import Servers

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextmanager
def _lock_file(work: str, name: str) -> Iterator[int | None]:
    """Yield a descriptor of lock file *name*, None where there is none.  Raises Failure."""
    path = f"{work}/{name}"
    try:
        fd = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    except OSError as ex:
        why = odd_file.what(path) or ex.strerror
        raise Failure(f"could not open lock file {quoted(path)}: {why}") from ex
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            why = odd_file.what(path)
            raise Failure(f"could not open lock file {quoted(path)}: {why}")
        yield fd
    finally:
        os.close(fd)


def monitor_runs(work: str) -> bool:
    """Whether a monitor holds its lock in work directory *work*.  Raises Failure."""
    with _lock_file(work, names.MONITOR_LOCK) as fd:
        return fd is not None and locks.is_held(fd, locks.MONITOR)


@contextmanager
def no_transition(name: str, work: str) -> Iterator[None]:
    """Keep Online and Offline of resource *name* waiting.

    The lock is taken shared, for which reading is enough.  Raises Failure when one of
    them works already.
    """
    with _lock_file(work, names.TRANSITION_LOCK) as fd:
        if fd is not None and not locks.take(fd, locks.EXCLUSIVE, shared=True):
            raise Failure(
                f"a transition of resource {quoted(name)} is in progress",
                hint="Wait until pgx_online or pgx_offline has ended.",
            )
        yield


def runs(definition: ResourceDefinition) -> bool:
    """Whether something of the resource runs here; what cannot be looked at counts."""
    work = definition.work_directory
    try:
        with no_transition(definition.name, work):
            return monitor_runs(work) or bool(servers(definition))
    except (Failure, OSError):
        return True


def servers(definition: ResourceDefinition) -> list[int]:
    """Return the PIDs of server processes of the resource's data directory.

    Also of what a postmaster that is gone has left.
    """
    look = Servers(definition.uid)
    found = [pid for pid in look.of_user() if look.is_server(pid)]
    try:
        where = os.stat(definition.data_directory)
        key = where.st_dev, where.st_ino
    except OSError:
        key = None
    wanted = os.path.normpath(definition.data_directory)
    return sorted(
        pid
        for pid in found
        if (key is not None and look.place(pid) == key)
        or postmasters.has_name(pid, wanted)
    )
