"""What each end says of itself when a connection opens, and what must be the same in both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pgx_mirror.wire.refused import Garbage, OtherVersion
from pgx_mirror.wire.words import made, plain

PROTOCOL = 1
DESTINATION = "backup_destination"  # a fact that is only warned of
ERROR, WARNING = "error", "warning"
CLOCKS_APART = 1.0  # seconds; manual 6
_LONGEST = 1024  # characters of a line of network.conf


@dataclass(frozen=True, slots=True)
class Hello:
    """What a controller says first.

    server, incarnation  who speaks, and in which life of its controller
    network   what network.conf means, a text a line
    facts     what must agree: system identifier, major version, block size and so on, by
              the words that people are told; one that only one side has is not compared.
              backup_destination should
    clock     its wall clock, seconds
    """

    server: str
    incarnation: str
    network: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    clock: float = 0.0
    protocol: int = PROTOCOL


@dataclass(frozen=True, slots=True)
class Difference:
    """*what* differs: "network.conf", "clock" or a fact's name; ERROR or WARNING."""

    level: str
    what: str
    mine: str
    theirs: str


def differences(mine: Hello, theirs: Hello, unsure: float = 0.0) -> list[Difference]:
    """Return what the two servers do not have in common, errors first.

    *mine* has the clock of the moment at which *theirs* was read; that was said at most
    *unsure* seconds before, so only what is beyond that is told of clocks.
    """
    return [
        *_network(mine, theirs),
        *_facts(mine, theirs),
        *_clock(mine, theirs, unsure),
    ]


def _network(mine: Hello, theirs: Hello) -> Iterator[Difference]:
    here = [line for line in mine.network if line not in theirs.network]
    there = [line for line in theirs.network if line not in mine.network]
    for number in range(max(len(here), len(there))):
        one, other = (_nth(lines, number) for lines in (here, there))
        yield Difference(ERROR, "network.conf", one, other)


def _nth(lines: list[str], number: int) -> str:
    return lines[number] if number < len(lines) else ""


def _facts(mine: Hello, theirs: Hello) -> Iterator[Difference]:
    for what, value in mine.facts.items():
        other = theirs.facts.get(what, value)
        if other != value:
            level = WARNING if what == DESTINATION else ERROR
            yield Difference(level, what, value, other)


def _clock(mine: Hello, theirs: Hello, unsure: float) -> Iterator[Difference]:
    ahead = theirs.clock - mine.clock
    # It may be further ahead by *unsure*: what is nearest to no difference is told.
    nearest = ahead if ahead > 0 else min(ahead + unsure, 0.0)
    if abs(nearest) > CLOCKS_APART:
        yield Difference(WARNING, "clock", "0.0", f"{nearest:+.1f}")


def plain_hello(hello: Hello) -> dict[str, Any]:
    """Return *hello* as JSON has it."""
    found = plain(hello, _LONGEST)
    assert isinstance(found, dict)
    return found


def made_hello(found: object, who: str) -> Hello:
    """Return the hello that *found* is, of *who*, whom the channel has authenticated.

    Raises Garbage, and OtherVersion before it looks at anything else.
    """
    version = found.get("protocol") if isinstance(found, dict) else None
    if type(version) is int and version != PROTOCOL:
        raise OtherVersion(
            f"it speaks version {version} of the protocol, and this program {PROTOCOL}"
        )
    hello = made(Hello, found, _LONGEST)
    if hello.server != who or not hello.incarnation:
        raise Garbage("it says that it is another server than it has proved to be")
    return hello
