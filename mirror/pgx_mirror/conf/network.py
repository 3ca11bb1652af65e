"""network.conf: who the two servers are, and the arbiter.  Pure.  Manual B.3.

The newer form has a second address and port, those of the arbitration network, and a
type: `server1 192.0.2.100,192.0.3.100 27540,27541 server`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pgx_base.text import quoted
from pgx_mirror.conf.hosts import host_fault, same_host
from pgx_mirror.conf.problem import Problem, doubtful, errors, wrong
from pgx_mirror.conf.text import Line, lines, nearest

FILE = "network.conf"
DEFAULT_PORT = 26540  # the manual's, 6.3.1
LONGEST_IDENTIFIER = 64  # bytes
SERVER, ARBITER = "server", "arbiter"
_ELSEWHERE = ("etcd",)
_FORM = (
    "A line is: server identifier, host name or IP address, port number, and perhaps "
    'the type, "server" or "arbiter". Two addresses or ports are separated by a comma alone.'
)
# IDENTIFIER.conf is a file beside these.
_TAKEN = ("network", "arbitration")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host, by name or address as it is written, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def canonical(self) -> str:
        """The same text for whatever means the same."""
        return f"{same_host(self.host)} {self.port}"


@dataclass(frozen=True, slots=True)
class Member:
    """One line: a server, or the arbiter.

    admin        where its controller (the arbiter: mc_arb) listens
    arbitration  a server's end towards the arbiter, None where the line has one address
    """

    identifier: str
    admin: Endpoint
    arbitration: Endpoint | None = None
    kind: str = SERVER
    line: int = 0

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """All that it has."""
        return (self.admin, self.arbitration) if self.arbitration else (self.admin,)

    @property
    def meaning(self) -> str:
        """The line without what makes no difference."""
        ends = " ".join(end.canonical for end in self.endpoints)
        return f"{self.identifier} {self.kind} {ends}"


@dataclass(frozen=True, slots=True)
class Network:
    """Two servers in the file's order, and the arbiter if there is one."""

    servers: tuple[Member, Member]
    arbiter: Member | None = None

    @property
    def members(self) -> tuple[Member, ...]:
        """Every line."""
        return (*self.servers, self.arbiter) if self.arbiter else self.servers

    @property
    def meaning(self) -> tuple[str, ...]:
        """What both servers must have in common, a text a line, in one order."""
        return tuple(sorted(member.meaning for member in self.members))

    @property
    def digest(self) -> str:
        """64 hex digits, equal where the meaning is."""
        return hashlib.sha256("\n".join(self.meaning).encode()).hexdigest()

    def server(self, identifier: str) -> Member | None:
        """Return the server that is called *identifier*, None without one."""
        found = [one for one in self.servers if one.identifier == identifier]
        return found[0] if found else None

    def peer(self, identifier: str) -> Member:
        """Return the other server."""
        first, second = self.servers
        return second if first.identifier == identifier else first


def network_difference(mine: Network, theirs: Sequence[str]) -> str:
    """Return where the peer's network.conf, of meaning *theirs*, differs first, "" for nowhere.

    It comes from the peer: it is shown quoted and cut.
    """
    for member in mine.members:
        if member.meaning not in theirs:
            same = [text for text in theirs if text.split(" ")[0] == member.identifier]
            there = quoted(same[0][:200]) if same else "no such server"
            return f"line {member.line} here means {quoted(member.meaning)}, there it is {there}"
    more = [text for text in theirs if text not in mine.meaning]
    return f"no line here means {quoted(more[0][:200])}, one there does" if more else ""


def read(data: bytes) -> tuple[Network | None, list[Problem]]:
    """Return what network.conf says, None where it has errors, and its problems."""
    numbered, problems = lines(data)
    members: list[Member] = []
    for line in numbered:
        words = line[1].partition("#")[0].split()
        if words:
            member, faults = _member(line, words)
            problems += faults
            members += [member] if member else []
    problems += _among(members)
    if errors(problems):
        return None, problems
    problems += _count(members)
    if errors(problems):
        return None, problems
    first, second = (member for member in members if member.kind == SERVER)
    arbiter = [member for member in members if member.kind == ARBITER]
    return Network((first, second), arbiter[0] if arbiter else None), problems


def _member(line: Line, words: list[str]) -> tuple[Member | None, list[Problem]]:
    number = line[0]
    if len(words) not in (3, 4):
        return None, [wrong(number, f"line has {len(words)} words, not 3 or 4", _FORM)]
    kind = words[3] if len(words) == 4 else SERVER
    ends, problems = _endpoints(number, words[1], words[2], kind)
    problems += [*_identifier(number, words[0]), *_kind(number, kind)]
    if problems:
        return None, problems
    return Member(words[0], ends[0], (*ends, None)[1], kind, number), []


def _identifier(line: int, name: str) -> Iterator[Problem]:
    if fault := identifier_fault(name):
        yield wrong(line, f"invalid server identifier {quoted(name)}", fault)


def identifier_fault(name: str) -> str:
    """Return why *name* can be no server identifier, "" when it can."""
    if not all(33 <= ord(c) <= 126 for c in name):
        return "It has something else than ASCII characters in it."
    if len(name) > LONGEST_IDENTIFIER:
        return f"It is longer than {LONGEST_IDENTIFIER} bytes."
    if "/" in name or name.startswith("."):
        return "It names a file, so it cannot begin with a dot nor have a slash in it."
    return f'File "{name}.conf" is another one.' if name in _TAKEN else ""


def _kind(line: int, kind: str) -> Iterator[Problem]:
    if kind in _ELSEWHERE:
        yield wrong(
            line,
            f"server type {quoted(kind)} is none of network.conf",
            hint="etcd's members are given by etcd_endpoints in serverIdentifier.conf, on "
            "both servers.",
        )
    elif kind not in (SERVER, ARBITER):
        hint = nearest(kind, (SERVER, ARBITER), quoted)
        yield wrong(line, f"unrecognized server type {quoted(kind)}", _FORM, hint)


def _endpoints(
    line: int, hosts: str, ports: str, kind: str
) -> tuple[list[Endpoint], list[Problem]]:
    all_hosts, all_ports = hosts.split(","), ports.split(",")
    problems = [
        wrong(line, f"invalid host name or address {quoted(host)}", fault)
        for host in all_hosts
        if (fault := host_fault(host))
    ]
    problems += [problem for port in all_ports for problem in _port(line, port)]
    if len(all_hosts) != len(all_ports):
        problems.append(
            wrong(
                line,
                f"line has {len(all_hosts)} addresses and {len(all_ports)} ports",
                _FORM,
            )
        )
    elif len(all_hosts) > (most := 1 if kind == ARBITER else 2):
        problems.append(wrong(line, f"line has more than {most} addresses", _FORM))
    if problems:
        return [], problems
    return [
        Endpoint(host, int(port))
        for host, port in zip(all_hosts, all_ports, strict=True)
    ], []


def port_fault(text: str) -> str:
    """Return why *text* is no port of ours, "" when it is one."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        return "A port is a whole number from 1 to 65535."
    if int(text) == 0:
        return "Port 0 would be another one at each start."  # the manual's range has it
    return "" if int(text) <= 65535 else "A port is a whole number from 1 to 65535."


def _port(line: int, text: str) -> Iterator[Problem]:
    if fault := port_fault(text):
        yield wrong(line, f"invalid port {quoted(text)}", fault)


def _among(members: list[Member]) -> Iterator[Problem]:
    """Yield what lines contradict each other in."""
    identifiers: dict[str, int] = {}
    ends: dict[str, int] = {}
    for member in members:
        first = identifiers.setdefault(member.identifier, member.line)
        if first != member.line:
            name = quoted(member.identifier)
            yield wrong(
                member.line,
                f"server identifier {name} given more than once",
                f"It is that of line {first} too.",
            )
        for end in member.endpoints:
            if end.canonical in ends:
                yield _twice(member.line, ends[end.canonical], end)
            ends.setdefault(end.canonical, member.line)


def _twice(line: int, first: int, end: Endpoint) -> Problem:
    return wrong(
        line,
        f"port {end.port} of {quoted(end.host)} given more than once",
        f"Line {first} has the same address and port.",
        "Servers on one host need different ports.",
    )


def _count(members: list[Member]) -> Iterator[Problem]:
    servers = [member for member in members if member.kind == SERVER]
    arbiters = [member for member in members if member.kind == ARBITER]
    if len(servers) != 2:
        yield wrong(
            servers[2].line if len(servers) > 2 else 0,
            f"file defines {len(servers)} servers, not 2",
            "A pair is a primary and a standby, with a line for each.",
        )
    if len(arbiters) > 1:
        yield wrong(arbiters[1].line, f"file defines {len(arbiters)} arbiters, not 1")
    loop = [
        same_host(member.admin.host).startswith(("127.", "::1")) for member in servers
    ]
    if len(set(loop)) == 2:
        line = servers[loop.index(True)].line
        yield doubtful(line, "a loopback address can be reached from this host alone")
