"""What a controller knows that the manual's table has no place for; shown to who asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pgx_mirror.core.cell import Cell

ETCD = "etcd"  # what stands for an arbiter's identifier where etcd is the register


@dataclass(frozen=True, slots=True)
class Lag:
    """How far standby *server_id* is behind its primary, in bytes of WAL.

    By what it has told last as flushed, and as replayed; None where that is not known.
    """

    server_id: str
    flushed: int | None = None
    replayed: int | None = None


@dataclass(frozen=True, slots=True)
class Arbiter:
    """The arbiter, as the servers know it.

    identity  its register's, empty where it does not answer this server
    enrolled  the identity that the pair has enrolled for this epoch, empty without a pair
    cell      what its register says, None for an empty one, and where that is not known
    members   of etcd, HOST:PORT, and whether each answers the server that is asked
    answers   by server whether it answers it; a server that is not heard is not in there
    """

    arbiter_id: str
    host: str
    identity: str = ""
    enrolled: str = ""
    cell: Cell | None = None
    answers: tuple[tuple[str, bool], ...] = ()
    members: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class More:
    """What the controller of one server knows besides; *silence*: seconds since the other's
    controller was heard last, None where it never was.
    """

    silence: float | None = None
    lag: Lag | None = None
    arbiter: Arbiter | None = None


def plain(more: More) -> dict[str, Any]:
    """Return *more* as what JSON can hold; `read` makes the same of it again."""
    return asdict(more)


def read(shown: Mapping[str, Any]) -> More:
    """Return what `plain` was given.  Raises KeyError, TypeError, ValueError."""
    lag, arbiter = shown["lag"], shown["arbiter"]
    return More(
        shown["silence"],
        Lag(**lag) if lag is not None else None,
        _arbiter(arbiter) if arbiter is not None else None,
    )


def _pairs(shown: Iterable[Sequence[Any]]) -> tuple[tuple[str, bool], ...]:
    return tuple((str(who), bool(does)) for who, does in shown)


def _arbiter(shown: Mapping[str, Any]) -> Arbiter:
    cell = shown["cell"]
    rest = {
        "cell": Cell(**cell) if cell is not None else None,
        "answers": _pairs(shown["answers"]),
        "members": _pairs(shown.get("members", ())),
    }
    return Arbiter(**{**shown, **rest})
