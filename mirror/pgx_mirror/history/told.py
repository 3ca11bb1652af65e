"""From the lines of a trace to what happened to each server.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pgx_base.trace_lines import Line
from pgx_mirror.core.report import DOWN
from pgx_mirror.messages import controller, peer

_WHO = re.compile(r"mc_main\((.+)\)")
_MESSAGE = re.compile(
    r"(INFO|LOG|NOTICE|WARNING|ERROR|FATAL|PANIC): (.*) \(((?:PGX|MCA)[0-9]{5})\)"
)
_LATE = re.compile(r"this controller did not run for ([0-9]{1,9}\.[0-9]) s")
# From when the other server is not heard, and what shows that it is.
_DEAF = (peer.LOST.number, peer.NO_RESPONSE.number)
_HEARD = peer.HEARD.number
UNKNOWN = "not known"


@dataclass(slots=True)
class Role:
    """From *begin* to *end* its mark said *state*, in *epoch*; UNKNOWN without one.

    *down*: its database server did not run.
    """

    begin: float
    end: float
    state: str
    epoch: str = ""
    down: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A message to the system log, with its number."""

    at: float
    server: str
    kind: str
    text: str
    number: str


@dataclass(slots=True)
class Gap:
    """From *begin* to *end* it did not hear the other server, or (*late*) did not run."""

    begin: float
    end: float
    late: bool = False


@dataclass(slots=True)
class Server:
    """What is told of one server."""

    roles: list[Role] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    deaf: bool = False


@dataclass(slots=True)
class Told:
    """All of it; *end* is when it was last told of."""

    servers: dict[str, Server] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    begin: float | None = None
    end: float = 0.0


def read(traces: Iterable[Iterable[Line]], now: float) -> Told:
    """Return what *traces* tell, each of its own file, up to *now*."""
    told = Told()
    for lines in traces:
        for line in lines:
            who = _WHO.fullmatch(line.who)
            if who is not None:
                _hear(told, who[1], line)
    told.end = max(told.end, now)
    for server in told.servers.values():
        server.roles[-1].end = max(server.roles[-1].end, now)
        if server.deaf:
            server.gaps[-1].end = max(server.gaps[-1].end, now)
    told.said.sort(key=lambda one: one.at)
    return told


def _hear(told: Told, name: str, line: Line) -> None:
    server = told.servers.setdefault(name, Server())
    if not server.roles:
        server.roles.append(Role(line.at, line.at, UNKNOWN))
    told.begin = line.at if told.begin is None else min(told.begin, line.at)
    told.end = max(told.end, line.at)
    server.roles[-1].end = max(server.roles[-1].end, line.at)
    if not line.is_for_people():
        _fact(server, line.at, line.facts())
    elif message := _MESSAGE.fullmatch(line.text):
        said = Said(line.at, name, message[1], message[2], message[3])
        told.said.append(said)
        _message(server, said)
    elif late := _LATE.fullmatch(line.text):
        server.gaps.insert(0, Gap(line.at - float(late[1]), line.at, late=True))


def _fact(server: Server, at: float, facts: dict[str, str]) -> None:
    last = server.roles[-1]
    match facts.get("of"):
        case "mark":
            state, epoch = facts.get("state", UNKNOWN), facts.get("epoch", "")
            _become(server, Role(at, at, state, epoch, last.down))
        case "server":
            down = facts.get("now") == DOWN
            _become(server, Role(at, at, last.state, last.epoch, down))
        case "have":
            _hears(server, at)
        case _:
            pass


def _become(server: Server, role: Role) -> None:
    last = server.roles[-1]
    if (last.state, last.epoch, last.down) != (role.state, role.epoch, role.down):
        last.end = max(role.begin, last.begin)
        server.roles.append(role)


def _message(server: Server, said: Said) -> None:
    if said.number == controller.STOPPED.number:
        _become(server, Role(said.at, said.at, UNKNOWN))
        _hears(server, said.at)
    elif said.number in _DEAF and not server.deaf:
        server.deaf = True
        server.gaps.append(Gap(said.at, said.at))
    elif said.number == _HEARD:
        _hears(server, said.at)


def _hears(server: Server, at: float) -> None:
    if server.deaf:
        server.deaf = False
        server.gaps[-1].end = max(at, server.gaps[-1].begin)
