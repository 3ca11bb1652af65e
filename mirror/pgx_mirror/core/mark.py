"""The mark: what one server has durably promised about a pair.

One small file in the data directory (`pgx_mirror.mark`); the protocol's section 2 says who
writes which state, and when.  The pen is the right to accept commits alone: whoever's mark
says ALONE holds it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from zlib import crc32

FILE = "pgx_mirror.mark"
LOCK = "pgx_mirror.lock"  # beside it; a controller holds it
VERSION = "pgx_mirror mark 1"

PAIR, ALONE, GIVEN = "PAIR", "ALONE", "GIVEN"
SYNC, OUT, NEW = "SYNC", "OUT", "NEW"
STATES = (PAIR, ALONE, GIVEN, SYNC, OUT, NEW)


class Broken(Exception):
    """A mark that cannot be understood, with the reason."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is durable of one server.

    owner            its server identifier in network.conf
    generation       32 hex digits, new at each setup
    system           PostgreSQL's system identifier
    epoch, state     what was promised
    pair             the pair's epoch that GIVEN, or the ALONE of who took over, came from
    peer_generation  the standby's generation that PAIR means
    policy, register heartbeat_error_action, and the register's identity, of this epoch
    timeline         PostgreSQL's timeline when it was written
    inode, directory what tells file and data directory from copies: inode, generation
    since            for people: when, and at which WAL position
    """

    owner: str
    generation: str
    system: str
    epoch: int
    state: str
    pair: int = 0
    peer_generation: str = ""
    policy: str = ""
    register: str = ""
    timeline: int = 0
    inode: int = 0
    directory: int = 0
    since: str = ""

    def to(self, state: str, epoch: int, **changes: object) -> Mark:
        """Return the mark that follows this one: *state* in *epoch*."""
        return replace(self, state=state, epoch=epoch, **changes)  # type: ignore[arg-type]


FIELDS = {field.name: field.type for field in fields(Mark)}
_NUMBERS = frozenset(name for name, kind in FIELDS.items() if kind == "int")


def encode(mark: Mark) -> bytes:
    """Return *mark* as the text of its file, with a checksum in its last line."""
    lines = [VERSION, *(f"{name} = {getattr(mark, name)}" for name in FIELDS)]
    body = "".join(f"{line}\n" for line in lines).encode()
    return body + b"checksum = %08x\n" % crc32(body)


def decode(data: bytes) -> Mark:
    """Return the mark in *data*.  Raises Broken."""
    body, checksum = data[:-20], data[-20:]
    if checksum != b"checksum = %08x\n" % crc32(body):
        raise Broken("its checksum does not match")
    first, *lines = body.decode("utf-8", "replace").splitlines()
    if first != VERSION:
        raise Broken(f'it begins with "{first}", not "{VERSION}"')
    return _mark(dict(line.partition(" = ")[::2] for line in lines))


def _mark(found: dict[str, str]) -> Mark:
    if set(found) != set(FIELDS) or found["state"] not in STATES:
        raise Broken("its fields are not those of this version")
    try:
        values = {n: int(v) if n in _NUMBERS else v for n, v in found.items()}
    except ValueError as ex:
        raise Broken("a number is expected") from ex
    return Mark(**values)  # type: ignore[arg-type]
