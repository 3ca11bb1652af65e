"""What a session with a database of the primary tells besides, where one is let in.

All is asked by one session: each takes longer to be opened than to be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pgx_mirror.core import mark as marks
from pgx_mirror.data import conf_text
from pgx_mirror.setup import source
from pgx_mirror.setup.source import Said, Source

_SPACES = (
    "select pg_tablespace_location(oid) from pg_tablespace"
    " where spcname not in ('pg_default', 'pg_global')"
)
_CONF = "select pg_read_file('postgresql.conf', 0, 1048576, true)"
_MARK = f"select pg_read_file('{marks.FILE}', 0, 4096, true)"
_NOT_ASKED = Said([], 2, "", "it was not asked")


@dataclass(frozen=True, slots=True)
class More:
    """What a session with a database tells besides; *why* there was none, empty if there was.

    mark  the primary's mark, None where it cannot be read
    name  what synchronous_standby_names in its postgresql.conf is, set or commented out;
          empty where that cannot be read, or told
    said  what was said to each further command
    """

    spaces: tuple[str, ...] = ()
    mark: marks.Mark | None = None
    why: str = ""
    name: str = ""
    said: Mapping[str, Said] = field(default_factory=dict)

    def answer(self, command: str) -> Said:
        """Return what was said to *command*; one that was not asked has failed."""
        return self.said.get(command, _NOT_ASKED)


def ask_more(base: Source, database: str, also: Iterable[str] = ()) -> More:
    """Ask by a session with *database* as well, and the commands *also*."""
    also = tuple(also)
    said = source.together(base, database, [_SPACES, _MARK, _CONF, *also])
    spaces = said[_SPACES]
    if spaces.returncode != 0:
        return More(why=source.last(spaces.stderr))
    conf = said[_CONF].stdout.encode("utf-8", "replace")
    return More(
        tuple(line for line in spaces.stdout.split("\n") if line),
        _mark(said[_MARK].stdout),
        name=conf_text.read(conf).name,
        said={command: said[command] for command in also},
    )


def _mark(text: str) -> marks.Mark | None:
    try:
        return marks.decode(text.rstrip("\n").encode() + b"\n")
    except marks.Broken:
        return None
