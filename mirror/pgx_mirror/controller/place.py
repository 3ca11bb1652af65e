"""The temporary files in the management directory: socket and lock of each server.

Two servers of one host (--local-server) share a management directory, so the names have
the server's identifier in them.  Both are reached through a descriptor of the directory: a
socket's path may have 107 bytes, and a management directory's may have more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pgx_base.failure import Failure
from pgx_base.text import quoted

_FLAGS = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


def socket_name(server: str) -> str:
    """Return the name of *server*'s control socket."""
    return f"{server}.control"


def lock_name(server: str) -> str:
    """Return the name of *server*'s lock file."""
    return f"{server}.lock"


def locked(name: str) -> str:
    """Return the server whose lock file has the name *name*, empty for another file."""
    server = name.removesuffix(lock_name(""))
    return server if server != name else ""


@contextmanager
def opened(mcdir: str) -> Iterator[int]:
    """Yield a descriptor of management directory *mcdir*.  Raises Failure."""
    try:
        fd = os.open(mcdir, _FLAGS)
    except OSError as ex:
        raise Failure(
            f"could not open management directory {quoted(mcdir)}: {ex.strerror}"
        ) from ex
    try:
        yield fd
    finally:
        os.close(fd)


def through(dir_fd: int, name: str) -> str:
    """Return a path of *name* in the directory that is short, whatever the directory's is."""
    return f"/proc/self/fd/{dir_fd}/{name}"
