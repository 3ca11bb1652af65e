"""One file: made, written, synced and removed.  It blocks as long as the disk does."""

from __future__ import annotations

import os

from pgx_mirror.core.disk import Wrote

# pg_basebackup and pg_rewind pass over what is called so, pg_rewind removes it: a copy of
# the data directory has none, and one that a killed child has left is no harm.
NAME = "pgsql_tmp.pgx_mirror"
_SIZE = 4096  # bytes: a page, so that the disk has something to write
_FLAGS = (
    os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
)


def write(directory: str) -> Wrote:
    """Write, sync and remove the file in *directory*, and return what came of it."""
    path = f"{directory}/{NAME}"
    found = _made(path)
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as ex:
        return found if found.error else _went_wrong("remove", ex)
    return found


def _made(path: str) -> Wrote:
    doing = "create"
    try:
        fd = os.open(path, _FLAGS, 0o600)
    except OSError as ex:
        return _went_wrong(doing, ex)
    try:
        doing = "write"
        os.write(fd, os.urandom(16) * (_SIZE // 16))
        doing = "sync"
        os.fsync(fd)
    except OSError as ex:
        return _went_wrong(doing, ex)
    finally:
        os.close(fd)
    return Wrote()


def _went_wrong(doing: str, problem: OSError) -> Wrote:
    return Wrote(problem.errno or -1, f"could not {doing} a file")
