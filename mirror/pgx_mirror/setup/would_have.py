"""What a server would have of its settings, by PostgreSQL's own word: `postgres -C`.

That is a start of the program for each, so what no file names is taken from the defaults
that the primary has told, and the others are asked for beside each other.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_mirror.setup import programs
from pgx_postgres import included
from pgx_postgres.included import CONF

# `postgres -C` tells a number without its unit; this one it knows while it does not run only.
UNITS = {"wal_receiver_status_interval": "s", "wal_sender_timeout": "ms"}
_OF_THE_DATA = "data_checksums"


@dataclass(frozen=True, slots=True)
class Place:
    """A server's files: *data* has its postgresql.auto.conf, *conf* is its postgresql.conf.

    conf  empty where that is in *data*
    """

    binaries: str
    data: str
    conf: str = ""

    def line(self, name: str) -> list[str]:
        """Return the command that asks for the setting *name*."""
        conf = ["-c", f"config_file={self.conf}"] if self.conf else []
        return [f"{self.binaries}/postgres", "-D", self.data, *conf, "-C", name]


def ask(
    place: Place, names: Iterable[str], defaults: Mapping[str, str]
) -> dict[str, str]:
    """Return what the server would have of *names*; *defaults*: those that are known.

    A value has its unit where `UNITS` knows it, and data_checksums is no setting of a file.
    Raises Failure, whose primary message is PostgreSQL's own, where it reads no file at all.
    """
    wanted = [name for name in names if name != _OF_THE_DATA]
    named = _named(place)
    asked = [one for one in wanted if one in named or one not in defaults]
    asked = asked or wanted[:1]  # whether the files can be read is asked in any case
    told = dict(zip(asked, programs.run_all(map(place.line, asked)), strict=True))
    for said in told.values():
        if said.returncode != 0:
            raise Failure(programs.complaint(said.stderr))
    values = {name: said.stdout.rstrip("\n") for name, said in told.items()}
    found = {name: values.get(name, defaults.get(name, "")) for name in wanted}
    return {name: text + UNITS.get(name, "") for name, text in found.items()}


def _named(place: Place) -> frozenset[str]:
    """Return the parameters that the files set; a file that cannot be read names none.

    PostgreSQL is asked about that one in any case, and says it better.
    """
    try:
        dir_fd = os.open(place.data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return frozenset()
    try:
        found = included.settings(dir_fd, place.conf or CONF)
    except OSError:
        return frozenset()
    finally:
        os.close(dir_fd)
    return frozenset(one.name.decode("utf-8", "replace") for one in found)
