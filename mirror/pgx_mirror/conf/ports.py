"""Is a port that network.conf gives ours to keep?  Manual B.3, note 2."""

from __future__ import annotations

from collections.abc import Iterator

from pgx_base.failure import Failure
from pgx_mirror.conf.network import Member
from pgx_mirror.conf.problem import Problem, doubtful

_RANGE = "/proc/sys/net/ipv4/ip_local_port_range"
_RESERVED = "/proc/sys/net/ipv4/ip_local_reserved_ports"
_SERVICES = "/etc/services"
_MOST = 1 << 20  # bytes; a longer /etc/services is not read to its end


def doubts(member: Member) -> list[Problem]:
    """Return warnings about the ports of *member*, which is on this host."""
    return judged(member, _text(_RANGE), _text(_RESERVED), _text(_SERVICES))


def judged(member: Member, range_: str, reserved: str, services: str) -> list[Problem]:
    """Return warnings about the ports of *member*, by the texts of three files.  Pure."""
    found: list[Problem] = []
    for port in dict.fromkeys(end.port for end in member.endpoints):
        if ephemeral(port, range_, reserved):
            found.append(_ephemeral(member.line, port, range_))
        if not registered(port, services):
            found.append(
                doubtful(
                    member.line,
                    f"port {port} is not in /etc/services",
                    hint=f"Add a line to it: any name, and {port}/tcp.",
                )
            )
    return found


def _ephemeral(line: int, port: int, range_: str) -> Problem:
    low, high = range_.split()[:2]
    return doubtful(
        line,
        f"port {port} is one that the system gives to any program",
        f"ip_local_port_range is {low} to {high}.",
        "Choose another, or name it in ip_local_reserved_ports.",
    )


def of_postgres(port: int) -> Iterator[Failure]:
    """Yield that PostgreSQL's own *port* may be another program's at its next start."""
    yield from unsafe(port, _text(_RANGE), _text(_RESERVED))


def unsafe(port: int, range_: str, reserved: str) -> Iterator[Failure]:
    """Yield the same, by the texts of two files.  Pure.

    PostgreSQL starts where one of its addresses is left to it, which neither controller,
    on its local socket, nor status sees.
    """
    if ephemeral(port, range_, reserved):
        yield Failure(
            f"port {port} of this server is one that the system gives to any program",
            detail="Where one has it at a start, PostgreSQL goes without that address, and "
            "clients and the other server do not reach it there.",
            hint="Choose another, or name it in ip_local_reserved_ports.",
        )


def ephemeral(port: int, range_: str, reserved: str) -> bool:
    """Whether any program may have *port* assigned; the texts are those of /proc."""
    bounds = [int(word) for word in range_.split() if word.isdigit()]
    if len(bounds) != 2 or not bounds[0] <= port <= bounds[1]:
        return False
    for part in reserved.strip().split(","):
        low, _, high = part.partition("-")
        if low.isdigit() and int(low) <= port <= int(high if high.isdigit() else low):
            return False
    return True


def registered(port: int, services: str) -> bool:
    """Whether *services*, the text of /etc/services, has *port* for TCP."""
    for line in services.splitlines():
        words = line.partition("#")[0].split()
        if len(words) > 1 and words[1] == f"{port}/tcp":
            return True
    return False


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(_MOST).decode("utf-8", "replace")
    except OSError:
        return ""  # what is not there says nothing
