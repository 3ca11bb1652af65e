"""Requests and answers as the payloads of a channel, read strictly.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pgx_mirror.core import mark
from pgx_mirror.register.core.words import (
    ROLES,
    WORDS,
    Beat,
    Enrol,
    Lift,
    Read,
    Reply,
    Request,
    Win,
)
from pgx_mirror.wire.refused import Garbage
from pgx_mirror.wire.words import made, pack, plain, unpack

PURPOSE = b"register"
ARBITER = "arbiter"  # who mc_arb is in a channel, whatever network.conf calls it
LONGEST_SILENCE = 1e7  # seconds
_KINDS: dict[str, type[Any]] = {
    "beat": Beat,
    "read": Read,
    "win": Win,
    "lift": Lift,
    "enrol": Enrol,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to the request of that number, and which register gives it."""

    number: int
    identity: str
    reply: Reply


def asked(number: int, request: Request) -> bytes:
    """Return *request* as a payload; its answer will have the same *number*."""
    name = _NAMES[type(request)]
    return pack({"number": number, "ask": name, "of": plain(request)})


def read_asked(payload: bytes) -> tuple[int, Request]:
    """Return the request in *payload*, and its number.  Raises Garbage."""
    found = unpack(payload)
    number, name = found.get("number"), found.get("ask")
    known = isinstance(name, str) and name in _KINDS
    if type(number) is not int or not known or len(found) != 3:
        raise Garbage("a request that there is not")
    request: Request = made(_KINDS[str(name)], found.get("of"))
    if not _sound(request):
        raise Garbage(f"a request ({name}) with a value that there is not")
    return number, request


def _sound(request: Request) -> bool:
    match request:
        case Beat(role, system, limit):
            number = system.isascii() and system.isdecimal()
            return role in ROLES and number and 0 < limit <= LONGEST_SILENCE
        case Read():
            return True
        case Win(epoch):
            return epoch >= 0
        case Lift(epoch, state):
            return epoch >= 0 and state in (mark.PAIR, mark.ALONE)
        case Enrol(epoch, state):
            return epoch >= 0 and state in mark.STATES


def answered(number: int, identity: str, reply: Reply) -> bytes:
    """Return the answer to the request of that *number* as a payload."""
    return pack(plain(Answered(number, identity, reply)))


def read_answered(payload: bytes) -> Answered:
    """Return the answer in *payload*.  Raises Garbage."""
    found = made(Answered, unpack(payload))
    if found.reply.word not in WORDS or not found.identity:
        raise Garbage("an answer that there is not")
    return found
