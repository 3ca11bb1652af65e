"""Directories of which one lies in another: what goes aside would take the new data with it.

Old content goes aside and is removed, the new one is made beside it.  A tablespace or a
pg_wal that lies in a directory whose content goes would go with that, new as well as old.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.conf.place import lies_in
from pgx_mirror.restore import areas

_HINT = "Move it out by hand, and have the link lead there."
_SPACE = (
    "Copy the backup by hand: what is in base and in tablespace/OID, the latter to another "
    "place, with the link in pg_tblspc leading there."
)
# A server's own in pg_wal; the latter since version 17.
_OF_WAL = ("archive_status", "summaries")


def problems(
    data: str, wal: str, spaces: Iterable[str], destination: str
) -> Iterator[Failure]:
    """Yield what lies where it would be lost.

    *wal*: where pg_wal leads to, empty where it is a directory of *data*; *spaces*: of all
    tablespaces, old and new.
    """
    outer = {"data directory": data} | ({"pg_wal's directory": wal} if wal else {})
    inner = [(space, "a tablespace") for space in dict.fromkeys(spaces)]
    for what, place in outer.items():
        for path, which in inner:
            if lies_in(path, place):
                yield _lies(path, which, what, place, _SPACE)
    if wal:
        yield from _of_wal(wal, data, destination)


def _of_wal(wal: str, data: str, destination: str) -> Iterator[Failure]:
    if lies_in(wal, data):
        yield _lies(wal, "pg_wal", "data directory", data)
        return
    for path, which in ((data, "the data directory"), (destination, "the backups")):
        if lies_in(path, wal):
            yield _lies(path, which, "pg_wal's directory", wal)
            return
    for entry in _directories(wal):
        yield Failure(
            f"{quoted(entry)} is none of pg_wal's, and would be removed with it",
            hint=f"Move it out of {quoted(wal)}.",
        )


def _lies(path: str, which: str, what: str, place: str, hint: str = _HINT) -> Failure:
    return Failure(
        f"{quoted(path)}, {which}, lies within {what} {quoted(place)}",
        detail="What is replaced is removed in the end, and it would go as well.",
        hint=hint,
    )


def _directories(wal: str) -> list[str]:
    """Return the directories in *wal* that a server has not made; unreadable has none."""
    try:
        with os.scandir(wal) as entries:
            each = [one for one in entries if one.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    names = sorted(one.name for one in each)
    return [f"{wal}/{n}" for n in names if n not in _OF_WAL and not areas.stays(n)]
