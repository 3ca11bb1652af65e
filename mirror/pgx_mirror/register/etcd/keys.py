"""What is in the register's keys, read strictly.  Pure.

One key has all that must live and die together: whoever removes it removes the identity
too, so that an empty cell is always another register's.
"""

from __future__ import annotations

from dataclasses import dataclass

from pgx_mirror.core import mark
from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.register.core.state import Kept
from pgx_mirror.register.core.words import ROLES
from pgx_mirror.wire.refused import Garbage
from pgx_mirror.wire.words import made, pack, plain, unpack

_FORM = 1


def register_key(prefix: str) -> str:
    """Return the key with the cell."""
    return f"{prefix}/register"


def server_key(prefix: str, server: str) -> str:
    """Return the key that lives as long as *server*'s controller does."""
    return f"{prefix}/server/{server}"


@dataclass(frozen=True, slots=True)
class Register:
    """The register's key.

    cluster  etcd's own number for the cluster in which it was made: a cluster that was made
             of a snapshot has another one
    """

    form: int
    identity: str
    system: str
    cell: Cell | None
    cluster: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a server has enrolled, and the identity of the register that it meant."""

    register: str
    epoch: int
    state: str


@dataclass(frozen=True, slots=True)
class Server:
    """A server's own key: who it is, and what it has enrolled while the register is empty."""

    role: str
    system: str
    enrolled: Enrolled | None = None


def of_kept(kept: Kept, cluster: str) -> bytes:
    """Return the register's key as it is written."""
    return pack(plain(Register(_FORM, kept.identity, kept.system, kept.cell, cluster)))


def read_register(value: bytes) -> tuple[Kept, str]:
    """Return what the register's key says, and the cluster that it is of.  Raises Garbage."""
    found = made(Register, unpack(value))
    cell = found.cell
    if found.form != _FORM or not found.identity:
        raise Garbage("it is another version's")
    if cell is not None and (cell.state not in (PAIR, ALONE) or cell.epoch < 0):
        raise Garbage("it is of no state that a cell has")
    return Kept(found.identity, found.system, cell), found.cluster


def of_server(server: Server) -> bytes:
    """Return a server's key as it is written."""
    return pack(plain(server))


def read_server(value: bytes) -> Server:
    """Return what a server's key says.  Raises Garbage."""
    found = made(Server, unpack(value))
    said = found.enrolled
    if found.role not in ROLES or (said is not None and said.state not in mark.STATES):
        raise Garbage("it is of no role that a server has")
    return found
