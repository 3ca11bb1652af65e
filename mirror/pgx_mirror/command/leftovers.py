"""What a pair has left in a server that is to go on alone (manual 7.7.3).  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pgx_mirror.core import slot_name
from pgx_mirror.core.judged import SIGNAL
from pgx_mirror.data import conf_text
from pgx_postgres import conf_lines
from pgx_postgres.included import AUTO_CONF, Setting

_OURS = "pgx_mirror."
_SLOT = slot_name.of("")
REMOVE = "remove it"
_BEFORE = "give it the value that it had before, or remove it"
_BY_SQL = 'remove it, or "ALTER SYSTEM RESET {name}" once the server runs'
_BACKUP = "remove it, unless a backup goes by it"
_DROP = "drop it once the server runs: select pg_drop_replication_slot('{name}')"
# What a pair alone has, and what it has otherwise than a single server (the manual's table).
_GO = (conf_text.PARAMETER, b"primary_conninfo", b"primary_slot_name")
_CHANGED = (
    b"wal_level", b"max_wal_senders", b"max_replication_slots", b"listen_addresses",
    b"max_connections", b"superuser_reserved_connections", b"hot_standby",
    b"wal_keep_size", b"max_slot_wal_keep_size", b"wal_log_hints", b"wal_sender_timeout",
    b"wal_receiver_timeout", b"wal_receiver_status_interval",
    b"wal_retrieve_retry_interval",
)  # fmt: skip
_FIELD = re.compile(r'"[^"]*"|[^\s,"]+|,')


@dataclass(frozen=True, slots=True)
class Leftover:
    """*what* is left at a place, and what is to be done about it."""

    place: str
    what: str
    do: str = REMOVE

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.place, self.what, self.do)))


def of_settings(settings: Iterable[Setting]) -> Iterator[Leftover]:
    """Yield the lines of PostgreSQL's files that a pair has written, or asks for."""
    for one in settings:
        name = one.name.decode("utf-8", "replace")
        place = f"{one.file}, line {one.line}"
        if one.name in _GO:
            way = _BY_SQL.format(name=name) if one.file == AUTO_CONF else REMOVE
            yield Leftover(place, name, way)
        elif one.name in _CHANGED:
            value = one.value.decode("utf-8", "replace")
            yield Leftover(place, f"{name} is {value}", _BEFORE)


def of_comments(file: str, content: bytes) -> Iterator[Leftover]:
    """Yield the names that the controller has commented out; PostgreSQL does not read them."""
    for line in conf_lines.lines(content):
        found = conf_text.commented(line)
        if found is not None and found.value:
            name = f"#{found.name.decode()}"
            yield Leftover(f"{file}, line {line.number}", name)


def of_hba(file: str, content: str) -> Iterator[Leftover]:
    """Yield the lines of pg_hba.conf for replication."""
    for number, line in enumerate(content.split("\n"), 1):
        if "replication" in _databases(line.partition("#")[0]):
            text = " ".join(line.split())
            yield Leftover(f"{file}, line {number}", text, _BACKUP)


def _databases(line: str) -> list[str]:
    """Return the second field of a line, a list; in quotes a name is no keyword."""
    words = _FIELD.findall(line)[1:]
    found = words[:1]
    while len(words) > 2 and words[1] == ",":
        words = words[2:]
        found.append(words[0])
    return found


def of_directory(names: Iterable[str]) -> Iterator[Leftover]:
    """Yield the files of the data directory that are a pair's; *names* is what is there."""
    for name in sorted(names):
        if name.startswith(_OURS) or name == SIGNAL:
            yield Leftover(name, "")


def of_slots(names: Iterable[str]) -> Iterator[Leftover]:
    """Yield the replication slots of a pair; one that is left fills the disk."""
    for name in sorted(names):
        if name.startswith(_SLOT):
            yield Leftover(f"replication slot {name}", "", _DROP.format(name=name))
