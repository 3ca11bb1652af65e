"""What a server would have of its settings, by PostgreSQL's own word: `postgres -C`.

That is a start of the program for each.  So what no file names is taken from the defaults
that the primary has told, what is written as the primary shows its own is the same, and the
others are asked for beside each other.
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
    place: Place,
    names: Iterable[str],
    defaults: Mapping[str, str],
    primary: Mapping[str, str],
) -> dict[str, str]:
    """Return what the server would have of *names*.

    defaults  as `postgres -C` has them, those that are known
    primary   what SHOW says there: a file that says the very same means the same

    A value has its unit where `UNITS` knows it, and data_checksums is no setting of a file.
    Raises Failure, whose primary message is PostgreSQL's own, where it reads no file at all.
    """
    wanted = [name for name in names if name != _OF_THE_DATA]
    written = _written(place)
    same = {one: text for one, text in primary.items() if written.get(one) == text}
    plain = {one: text for one, text in defaults.items() if one not in written}
    asked = [one for one in wanted if one not in same and one not in plain]
    # Whether the files can be read is asked in any case.
    said = _asked(place, asked or wanted[:1])
    with_unit = {one: text + UNITS.get(one, "") for one, text in (plain | said).items()}
    return {one: (with_unit | same)[one] for one in wanted}


def _asked(place: Place, names: list[str]) -> dict[str, str]:
    each = programs.run_all(map(place.line, names))
    for said in each:
        if said.returncode != 0:
            raise Failure(programs.complaint(said.stderr))
    texts = (said.stdout.rstrip("\n") for said in each)
    return dict(zip(names, texts, strict=True))


def _written(place: Place) -> dict[str, str]:
    """Return what the files say of each parameter; one that cannot be read says nothing.

    PostgreSQL is asked about that one in any case, and tells it better.
    """
    try:
        dir_fd = os.open(place.data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return {}
    try:
        found = included.settings(dir_fd, place.conf or CONF)
    except OSError:
        return {}
    finally:
        os.close(dir_fd)
    # The last one counts.
    return {
        one.name.decode("utf-8", "replace"): one.value.decode("utf-8", "replace")
        for one in found
    }
