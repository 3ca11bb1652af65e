"""The label of a backup: what it is of, and that it is whole.

It is written into the backup while that is still called `.NAME.new`: when pg_verifybackup
has found it whole and all of it is on disk.  Then the directory gets its name, which is
the one durable step that makes it a backup.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

from pgx_base import files, moments
from pgx_mirror.backup import places
from pgx_mirror.core import wal

FORMAT = 1
_LARGEST = 1 << 20
_OID = re.compile(r"[1-9]\d{0,9}")


class Broken(Exception):
    """A label that cannot be understood, with the reason."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a backup is of.

    name                 its directory's
    server               which server of the pair it was made on
    system               PostgreSQL's system identifier
    major                PostgreSQL's major version
    timeline             the one that it was made on
    start_lsn, end_lsn   the write-ahead log that it needs itself, as PostgreSQL writes it
    started, finished    2026-11-29T21:03:08Z
    bytes                what its files have, write-ahead log included
    wal_segment_size     bytes
    tablespaces          where each was on the server, by its OID
    """

    name: str
    server: str
    system: str
    major: int
    timeline: int
    start_lsn: str
    end_lsn: str
    started: str
    finished: str
    bytes: int
    wal_segment_size: int
    tablespaces: Mapping[str, str] = field(default_factory=dict)
    verified: bool = True
    format: int = FORMAT

    @property
    def start(self) -> int:
        """Where the write-ahead log begins that it needs."""
        return wal.number(self.start_lsn)

    @property
    def end(self) -> int:
        """Where it is consistent."""
        return wal.number(self.end_lsn)

    def to_text(self) -> str:
        """Return the text of its file."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"


def of_text(text: bytes | str) -> Label:
    """Return the label that *text* is.  Raises Broken."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as ex:
        raise Broken("its label is no JSON") from ex
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise Broken(f"its label is not of format {FORMAT}")
    values = {one.name: _value(found, one.name, str(one.type)) for one in fields(Label)}
    label = Label(**values)  # type: ignore[arg-type]  # each was looked at
    if why := _fault(label):
        raise Broken(f"its label has no {why}")
    return label


def read(directory: str) -> Label:
    """Return the label of the backup in *directory*.  Raises Broken, OSError."""
    try:
        dir_fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except NotADirectoryError as ex:
        raise Broken("it is no directory") from ex
    try:
        with open(files.open_regular(dir_fd, places.LABEL), "rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError as ex:
        raise Broken("it has no label") from ex
    finally:
        os.close(dir_fd)
    if len(data) > _LARGEST:
        raise Broken("its label is too long")
    label = of_text(data)
    if label.name != os.path.basename(directory.rstrip("/")):
        raise Broken(f'its label is that of "{label.name}"')
    return label


_KINDS = {"str": str, "int": int, "bool": bool, "Mapping[str, str]": dict}


def _value(found: dict[str, object], name: str, kind: str) -> object:
    value = found.get(name)
    if type(value) is not _KINDS[kind]:
        raise Broken(f'its label has no "{name}"')
    return value


def _fault(label: Label) -> str:
    """Return what of *label* is none of its kind, empty where all of it can be used."""
    checks = {
        "name": places.server_of(label.name) == label.server,
        "system": label.system.isascii() and label.system.isdigit(),
        "major": label.major > 0,
        "timeline": label.timeline > 0,
        "start_lsn and end_lsn": _is_range(label),
        "started and finished": _is_moment(label.started)
        and _is_moment(label.finished),
        "bytes": label.bytes >= 0,
        "wal_segment_size": label.wal_segment_size.bit_count() == 1
        and 1 << 20 <= label.wal_segment_size <= 1 << 30,
        "tablespaces": all(map(_is_space, label.tablespaces.items())),
        "verified": label.verified,
    }
    return next((f"sound {what}" for what, sound in checks.items() if not sound), "")


def _is_range(label: Label) -> bool:
    try:
        return 0 < label.start <= label.end
    except ValueError:
        return False


def _is_space(found: tuple[object, object]) -> bool:
    oid, path = found
    is_oid = isinstance(oid, str) and _OID.fullmatch(oid) is not None
    return is_oid and isinstance(path, str) and path.startswith("/")


def _is_moment(text: str) -> bool:
    return text.endswith("Z") and moments.read(text[:-1]) is not None
