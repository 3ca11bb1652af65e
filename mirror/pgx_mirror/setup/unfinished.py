"""A setup that has begun and not ended: a file in the management directory says so.

It is durable before the first file of the data directory is touched, and goes when the
standby is whole.  As long as it is there nothing is started on that directory, and the
next setup wipes what it names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from pgx_base import files
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.data import bar, durable, steps, unrestored

_LARGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What was begun.

    data         the data directory that is being made
    wal          where its pg_wal leads to, empty where it is a directory of its own
    tablespaces  directories that were empty, and are filled with it
    slot         the replication slot on the primary that keeps its WAL
    primary      where that is: HOST:PORT, for people
    """

    data: str
    wal: str = ""
    tablespaces: tuple[str, ...] = ()
    slot: str = ""
    primary: str = ""


def name_of(server: str) -> str:
    """Return the name of the file for *server*."""
    return f"{server}.unfinished"


def of(mcdir: str, server: str) -> Unfinished | None:
    """Return what setup of *server* has begun, None for nothing.  Raises Failure."""
    path = f"{mcdir}/{name_of(server)}"
    try:
        with _opened(mcdir) as dir_fd:
            fd = files.open_regular(dir_fd, name_of(server))
        with os.fdopen(fd, "rb") as file:
            return _read(json.loads(file.read(_LARGEST)))
    except FileNotFoundError:
        return None
    except OSError as ex:
        raise Failure(f"could not read file {quoted(path)}: {ex.strerror}") from ex
    except (ValueError, TypeError, KeyError) as ex:
        raise Failure(
            f"file {quoted(path)} cannot be understood",
            detail="It says which data directory a setup has not finished.",
            hint="Empty the data directory, then remove the file.",
        ) from ex


def check(mcdir: str, server: str, data: str) -> None:
    """Refuse a start on what is not whole.  Raises Failure."""
    unrestored.check(data)
    found = of(mcdir, server)
    if (found is not None and same(found.data, data)) or is_barred(data):
        raise Failure(
            f"data directory {quoted(data)} is not whole: its setup was not finished",
            hint="Run mc_ctl setup again.",
        )


def is_barred(data: str) -> bool:
    """Whether a rewind of *data* was cut short, whatever the management directory says."""
    try:
        with _opened(data) as dir_fd:
            return bar.is_there(dir_fd)
    except OSError:
        return False  # nothing starts on what cannot be read


def write(mcdir: str, server: str, what: Unfinished) -> None:
    """Say that *what* is begun; durable when this returns.  Raises Failure."""
    path = f"{mcdir}/{name_of(server)}"
    try:
        with _opened(mcdir) as dir_fd:
            content = json.dumps(asdict(what)).encode() + b"\n"
            durable.write(dir_fd, name_of(server), content)
    except OSError as ex:
        raise Failure(f"could not write file {quoted(path)}: {ex.strerror}") from ex


def remove(mcdir: str, server: str) -> None:
    """Say that nothing is begun; durable when this returns.  Raises Failure."""
    path = f"{mcdir}/{name_of(server)}"
    try:
        with _opened(mcdir) as dir_fd:
            os.unlink(name_of(server), dir_fd=dir_fd)
            os.fsync(dir_fd)
    except FileNotFoundError:
        pass
    except OSError as ex:
        raise Failure(f"could not remove file {quoted(path)}: {ex.strerror}") from ex


@contextmanager
def _opened(path: str) -> Iterator[int]:
    fd = steps.open_directory(path)
    try:
        yield fd
    finally:
        os.close(fd)


def _read(found: dict[str, object]) -> Unfinished:
    spaces = found["tablespaces"]
    if not isinstance(spaces, list):
        raise TypeError
    return Unfinished(
        str(found["data"]),
        str(found["wal"]),
        tuple(map(str, spaces)),
        str(found["slot"]),
        str(found["primary"]),
    )


def same(one: str, other: str) -> bool:
    """Whether both paths lead to one directory."""
    return os.path.realpath(one) == os.path.realpath(other)
