"""arbitration.conf: what mc_arb goes by.  Pure.

The newer manuals' A.4.2, of which only the first rows are known; the rest is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pgx_base.text import quoted
from pgx_mirror.conf import parameters
from pgx_mirror.conf.hosts import address, host_fault, same_host
from pgx_mirror.conf.kinds import Text, Whole, Word, command, directory
from pgx_mirror.conf.network import Member
from pgx_mirror.conf.parameters import NEWER, OURS, Given, Parameter, table
from pgx_mirror.conf.problem import Problem, errors, wrong
from pgx_mirror.conf.rows import FACILITIES

FILE = "arbitration.conf"


@dataclass(frozen=True, slots=True)
class Arbitration:
    """The values of arbitration.conf: seconds, counts, texts, "" for none."""

    port: int
    my_address: str
    core_file_path: str
    syslog_facility: str
    syslog_ident: str
    heartbeat_interval: float
    heartbeat_timeout: float
    heartbeat_retry: int
    fencing_command: str
    fencing_command_timeout: float

    @property
    def silence(self) -> float:
        """After how many seconds without a word a server counts as silent."""
        return (self.heartbeat_interval + self.heartbeat_timeout) * (
            self.heartbeat_retry + 1
        )


_P = Parameter
_ROWS = (
    # The newer manuals allow port 0, which would be another one at each start.
    _P(
        "port",
        Whole(1, 65535),
        "The port of the arbiter's line in network.conf.",
        "",
        NEWER,
        required=True,
    ),
    _P(
        "my_address",
        Text(longest=253, fault=host_fault),
        "The address of that line.",
        "",
        NEWER,
        required=True,
    ),
    _P(
        "core_file_path",
        directory(),
        "Where core files go; there are none, since one could hold a password.",
        "",
        NEWER,
        later=True,
    ),
    _P(
        "syslog_facility",
        Word(FACILITIES),
        "The facility of messages.",
        "LOCAL0",
        NEWER,
    ),
    _P(
        "syslog_ident",
        Text(longest=63),
        "The program name of messages.",
        "MirroringControllerArbiter",
        OURS,
    ),
    _P(
        "heartbeat_interval",
        Whole(1, unit="ms"),
        "The time between two looks at what was heard of the servers.",
        "800",
        OURS,
    ),
    _P(
        "heartbeat_timeout",
        Whole(1, unit="s"),
        "How long a server may be silent at each. It counts as silent after "
        "(heartbeat_interval + heartbeat_timeout) x (heartbeat_retry + 1).",
        "1",
        OURS,
    ),
    _P("heartbeat_retry", Whole(0), "How many more such looks there are.", "2", OURS),
    _P(
        "fencing_command",
        command(),
        "The program that ends all processes of a server before the other one may go on: "
        "exit status 0 when they have ended.",
        "",
        NEWER,
    ),
    _P(
        "fencing_command_timeout",
        Whole(1, unit="s"),
        "How long it may take.",
        "20",
        OURS,
    ),
)
TABLE = table(_ROWS)


def read(data: bytes) -> tuple[Arbitration | None, Given, list[Problem]]:
    """Return the values of arbitration.conf, None where it has errors, and its problems."""
    given, problems = parameters.read(data, TABLE)
    if errors(problems):
        return None, given, problems
    values: dict[str, Any] = dict(given.values)
    return Arbitration(**values), given, problems


def contradictions(given: Given, arbiter: Member) -> list[Problem]:
    """Return what differs from network.conf's line of the arbiter."""
    found: list[Problem] = []
    port, host = given.values["port"], given.values["my_address"]
    if port is not None and port != arbiter.admin.port:
        told = f"Line {arbiter.line} of network.conf has {arbiter.admin.port}."
        found.append(
            wrong(
                given.at["port"],
                f"port {port} is not that of the arbiter in network.conf",
                told,
            )
        )
    if host and not _may_be_same(str(host), arbiter.admin.host):
        told = f"Line {arbiter.line} of network.conf has {quoted(arbiter.admin.host)}."
        found.append(
            wrong(
                given.at["my_address"],
                f"address {quoted(host)} is not that of the arbiter in network.conf",
                told,
            )
        )
    return found


def _may_be_same(one: str, other: str) -> bool:
    """Whether both can mean one host: a name may be whatever address."""
    if (address(one) is None) != (address(other) is None):
        return True
    return same_host(one) == same_host(other)
