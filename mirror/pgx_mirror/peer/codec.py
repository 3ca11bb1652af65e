"""What is said on an open connection, as payloads: a hello, reports, requests, what was heard.

Each is a JSON object of one or two names; anything else is Garbage and ends the connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from pgx_mirror.core import mark, report
from pgx_mirror.core.report import Report
from pgx_mirror.peer.hello import Hello, made_hello, plain_hello
from pgx_mirror.wire.channel import LIMIT
from pgx_mirror.wire.refused import Garbage
from pgx_mirror.wire.words import made, pack, plain, unpack

_SERVERS = (report.DOWN, report.STARTING, report.UP, report.STOPPING, report.UNSURE)
_NAMES = (report.NAMES_OUT, report.NAMES_BARRIER, report.NAMES_SET)
_LARGEST = 1 << 63


@dataclass(frozen=True, slots=True)
class Numbered:
    """A report and its number: one more for each that this life of a controller has said."""

    number: int
    report: Report


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The other end has heard the report of this number."""

    number: int


@dataclass(frozen=True, slots=True)
class Request:
    """What the other controller is asked for; the link knows nothing of what is in it."""

    content: dict[str, Any]


Said: TypeAlias = Hello | Numbered | Acknowledged | Request


def written(said: Said) -> bytes:
    """Return *said* as a payload.  Raises ValueError for a request that is too long."""
    match said:
        case Hello():
            payload = pack({"hello": plain_hello(said)})
        case Numbered(number, content):
            payload = pack({"report": plain(content), "number": number})
        case Acknowledged(number):
            payload = pack({"heard": number})
        case Request(request):
            payload = pack({"request": request})
    if len(payload) > LIMIT:
        raise ValueError(f"a payload of {len(payload)} bytes")
    return payload


def read(payload: bytes, who: str) -> Said:
    """Return what *payload* says, of *who*, whom the channel has authenticated.

    Raises Garbage, and OtherVersion for a hello of another protocol.
    """
    found = unpack(payload)
    match found:
        case {"hello": hello, **more} if not more:
            return made_hello(hello, who)
        case {"report": content, "number": number, **more} if not more:
            return Numbered(_number(number), _report(content, who))
        case {"heard": number, **more} if not more:
            return Acknowledged(_number(number))
        case {"request": dict(request), **more} if not more:
            return Request(request)
    raise Garbage("a message that this protocol does not have")


def _number(found: object) -> int:
    if type(found) is not int or not 0 <= found < _LARGEST:
        raise Garbage("a number that cannot be one")
    return found


def _report(found: object, who: str) -> Report:
    """Return the report *found*, each of its words one that there is.  Raises Garbage."""
    value = made(Report, found)
    if value.owner != who or not value.incarnation:
        raise Garbage("a report of another server than it has proved to be")
    if value.server not in _SERVERS or value.names not in _NAMES:
        raise Garbage("a report with a word that there is not")
    if value.mark is not None and value.mark.state not in mark.STATES:
        raise Garbage("a mark in a state that there is not")
    return value
