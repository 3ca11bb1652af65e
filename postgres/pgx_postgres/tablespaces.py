"""Are the write-ahead log and every tablespace there?

PostgreSQL starts without a tablespace, answers, and at the next clean stop the rows
committed there since the last checkpoint are gone for good.  So nothing is started
before each link leads to a directory that holds this version's part.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from pgx_base.failure import Failure
from pgx_base.light.dataclasses import dataclass
from pgx_base.text import quoted

WAL = "wal"
_LINKS = "pg_tblspc"


@dataclass(frozen=True, slots=True)
class Space:
    """A directory outside or inside the data directory: *role* is `wal` or an OID."""

    role: str
    link: str
    target: str

    @property
    def name(self) -> str:
        """How people are told which directory is meant."""
        return "pg_wal" if self.role == WAL else f"tablespace {self.role}"


def find(data_directory: str) -> list[Space]:
    """Return pg_wal and the tablespaces of an instance.  Raises OSError."""
    links = [(WAL, f"{data_directory}/pg_wal")]
    there = sorted(os.listdir(f"{data_directory}/{_LINKS}"))
    links += [
        (name, f"{data_directory}/{_LINKS}/{name}") for name in there if name.isdigit()
    ]
    return [Space(role, link, _target(link)) for role, link in links]


def _target(link: str) -> str:
    """Return the directory that *link* leads to; it is one itself where it is no link."""
    try:
        return os.path.join(os.path.dirname(link), os.readlink(link))
    except OSError:
        return link


def problems(spaces: Iterable[Space], part: str) -> list[Failure]:
    """Return why *spaces* cannot be used; *part* is each tablespace's own directory."""
    found = (_problem(space, part) for space in spaces)
    return [problem for problem in found if problem is not None]


def _problem(space: Space, part: str) -> Failure | None:
    wanted = space.target if space.role == WAL else f"{space.target}/{part}"
    try:
        if os.path.isdir(space.target) and os.path.isdir(wanted):
            os.stat(wanted)
            return None
    except OSError:
        pass
    return Failure(
        f"{space.name} is not mounted: {quoted(space.target)} is not complete",
        detail=f"{quoted(wanted)} is not there, or the OS user may not look into it.",
        hint=f"Mount the file system that {quoted(space.link)} leads to.",
    )
