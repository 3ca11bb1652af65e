"""Which server of network.conf is this host?

An address is this host's when the kernel would speak to it from that very address.  Binding
a socket proves nothing where ip_nonlocal_bind is set, as it is for addresses that move.
"""

from __future__ import annotations

import socket
from typing import Any

from pgx_base.text import quoted
from pgx_mirror.conf.hosts import address
from pgx_mirror.conf.network import FILE, Member, Network
from pgx_mirror.conf.problem import Problem, wrong
from pgx_mirror.conf.text import nearest

_ANY_PORT = 9  # a datagram socket that is connected sends nothing


def find(network: Network, given: str | None) -> tuple[Member | None, list[Problem]]:
    """Return this host's line, or the one that *given* names, None with the reason.

    A host name is looked up, which takes as long as the resolver takes.
    """
    if given is not None:
        return _named(network, given)
    here = [server for server in network.servers if is_here(server.admin.host)]
    if len(here) == 1:
        return here[0], []
    names = " and ".join(
        f"{quoted(one.identifier)} at {quoted(one.admin.host)}"
        for one in network.servers
    )
    if here:
        return None, [
            wrong(
                0,
                "both servers are on this host",
                f"They are {names}.",
                "Say which is meant with --local-server.",
            )
        ]
    return None, [
        wrong(
            0,
            "neither server is on this host",
            f"They are {names}.",
            f"Correct {FILE}, or say which is meant with --local-server.",
        )
    ]


def _named(network: Network, given: str) -> tuple[Member | None, list[Problem]]:
    if (found := network.server(given)) is not None:
        return found, []
    names = [server.identifier for server in network.servers]
    return None, [
        wrong(
            0,
            f"there is no server {quoted(given)}",
            f"The servers are {quoted(names[0])} and {quoted(names[1])}.",
            nearest(given, names, quoted),
        )
    ]


def is_here(host: str) -> bool:
    """Whether *host*, a name or an address, is of this host."""
    try:
        found = socket.getaddrinfo(host, _ANY_PORT, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return False  # a name that nobody knows is not ours
    return any(_ours(family, place) for family, _, _, _, place in found)


def _ours(family: int, place: tuple[Any, ...]) -> bool:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect(place)
            spoken = str(asking.getsockname()[0])
    except OSError:
        return False
    mine, its = address(spoken), address(str(place[0]))
    if mine is None or its is None:
        return False
    return its.is_loopback or mine.packed == its.packed
