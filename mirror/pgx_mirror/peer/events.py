"""What a link tells the controller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from pgx_mirror.core.report import Report
from pgx_mirror.peer.hello import Difference, Hello

# Why somebody was turned away: which message it makes.
SECRET, VERSION, STRANGER = "secret", "version", "stranger"
GARBAGE, FLOOD, SILENT, TLS = "garbage", "flood", "silent", "tls"


@dataclass(frozen=True, slots=True)
class Met:
    """The peer has proved itself; told again for another incarnation or other facts."""

    hello: Hello
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """The peer's report, read at *at* (the loop's monotonic time)."""

    report: Report
    at: float


@dataclass(frozen=True, slots=True)
class Asked:
    """The peer's controller asks for something; it comes once or never."""

    request: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lost:
    """No connection to the peer is left."""

    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody was turned away; the same is told once a minute, *times* since the last."""

    address: str
    why: str
    kind: str
    times: int = 1


Event: TypeAlias = Met | Heard | Asked | Lost | Refused
