"""What a restore has begun: a file in the data directory, durable at each of its stages.

MAKING     the old data is whole, if not in its place; the new one is not
REPLACING  the new data is whole; the old one goes aside
PLACING    the old data is aside; the new one takes its place
PLACED     the new data is in its place; the old one is removed
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

from pgx_base import files
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.data import durable, steps, unrestored

MAKING, REPLACING, PLACING, PLACED = "making", "replacing", "placing", "placed"
STAGES = (MAKING, REPLACING, PLACING, PLACED)
FORMAT = 1
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of a restore.

    backup    the backup's directory, for people
    major     PostgreSQL's major version of the old data, 0 where there is none
    part      the directory that a tablespace has for that version of PostgreSQL
    wal       where the old pg_wal leads to, empty where it is a directory of its own
    replaced  tablespaces of which an old part goes aside
    fresh     tablespaces that have none
    """

    stage: str
    backup: str
    major: int = 0
    part: str = ""
    wal: str = ""
    replaced: tuple[str, ...] = ()
    fresh: tuple[str, ...] = ()
    format: int = FORMAT


def read(dir_fd: int, data: str) -> Note | None:
    """Return the note in *data*, whose descriptor is *dir_fd*; None without one.

    Raises Failure where it cannot be understood: nothing is touched then.
    """
    try:
        with open(files.open_regular(dir_fd, unrestored.NOTE), "rb") as file:
            return _note(json.loads(file.read(_LARGEST)))
    except FileNotFoundError:
        return None
    except OSError as ex:
        raise _unread(data, ex.strerror or str(ex)) from ex
    except (ValueError, TypeError, KeyError, RecursionError) as ex:
        raise _unread(data, "it is garbled, or of another version") from ex


def _unread(data: str, why: str) -> Failure:
    return Failure(
        f"could not read {quoted(f'{data}/{unrestored.NOTE}')}: {why}",
        detail="It says what a restore has begun that was not finished.",
        hint="Run it with the version of pgx_rcvall that has written it; or move all that "
        "is in the data directory elsewhere by hand, and restore into an empty one.",
    )


def _note(found: dict[str, object]) -> Note:
    if found["format"] != FORMAT or found["stage"] not in STAGES:
        raise ValueError
    texts = {name: str(found[name]) for name in ("stage", "backup", "part", "wal")}
    lists = {name: _paths(found[name]) for name in ("replaced", "fresh")}
    return Note(**texts, **lists, major=int(str(found["major"])))  # type: ignore[arg-type]  # each was looked at


def _paths(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(str, value))


def write(dir_fd: int, note: Note) -> None:
    """Make *note* durable.  Raises OSError."""
    text = json.dumps(asdict(note), indent=1, sort_keys=True) + "\n"
    durable.write(dir_fd, unrestored.NOTE, text.encode())


def remove(dir_fd: int) -> None:
    """Say that nothing is begun; durable when this returns.  Raises OSError."""
    steps.remove(dir_fd, unrestored.NOTE)
    steps.remove(dir_fd, unrestored.NOTE + durable.BESIDE)  # a killed writer's
    os.fsync(dir_fd)
