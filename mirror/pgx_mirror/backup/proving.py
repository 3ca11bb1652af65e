"""An unfinished backup is proved whole and brought to disk, side by side.

pg_verifybackup reads every file and compares it with what pg_basebackup was sent, and has
the write-ahead log read; meanwhile each file and directory is synced.  The one waits for a
processor and the other for the disk, so that both take little longer than one.
"""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.setup import programs

VERIFIER = "pg_verifybackup"
# Syncs that wait beside each other share what the file system has to write for them.
_AT_ONCE = 8
_LINES = 5


def prove(directory: str, base: str, binaries: str) -> int:
    """Verify the data directory *base* and sync all of *directory*, in which it is.

    Returns the bytes of all files.  Raises Failure.
    """
    line = [f"{binaries}/{VERIFIER}", "--exit-on-error", "--quiet", base]
    with programs.running(line, programs.kill) as verifying:
        size = synced(directory)
        said, _ = verifying.communicate()
    if verifying.returncode != 0:
        raise Failure(
            "the backup is not as the server sent it",
            detail="; ".join(_complaints(said)) or f"{VERIFIER} has failed.",
            hint="Look at the disk, then run it again.",
        )
    return size


def _complaints(said: bytes) -> list[str]:
    text = said.decode("utf-8", "replace")
    lines = [line.removeprefix(f"{VERIFIER}: ") for line in text.splitlines()]
    return [line.removeprefix("error: ") for line in lines if line][:_LINES]


def synced(directory: str) -> int:
    """Have all that is in *directory*, and itself, on disk; return the bytes of its files.

    No link is followed.  Raises Failure.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            size = sum(pool.map(_synced, _files(directory)))
            sum(pool.map(_synced, _directories(directory)))
        except OSError as ex:
            pool.shutdown(cancel_futures=True)
            where = ex.filename or directory
            raise Failure(
                f"could not sync {quoted(os.fsdecode(where))}: {ex.strerror}",
                hint="Look at the disk, then run it again.",
            ) from ex
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return size


def _files(directory: str) -> list[str]:
    return [
        f"{where}/{name}"
        for where, _, names in os.walk(directory, onerror=_raise)
        for name in names
        if not os.path.islink(f"{where}/{name}")
    ]


def _directories(directory: str) -> list[str]:
    """Return them with what is innermost first."""
    return [where for where, _, _ in os.walk(directory, topdown=False, onerror=_raise)]


def _raise(problem: OSError) -> None:
    raise problem


def _synced(path: str) -> int:
    """Have *path* on disk, and return its bytes, none of a directory.  Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(fd)
        found = os.fstat(fd)
        return found.st_size if stat.S_ISREG(found.st_mode) else 0
    except OSError as ex:
        raise OSError(ex.errno, ex.strerror, path) from ex
    finally:
        os.close(fd)
