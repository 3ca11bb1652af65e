"""Where a socket connects or listens: a numeric address with its port."""

from __future__ import annotations

import socket
from dataclasses import dataclass

_ANY = ("0.0.0.0", "::")  # noqa: S104  what binds to no single address


@dataclass(frozen=True, slots=True)
class Place:
    """What a socket of *family* binds or connects to."""

    family: int
    address: tuple[str, int] | tuple[str, int, int, int]

    @property
    def host(self) -> str:
        """The numeric address, with the zone of a link-local one."""
        return self.address[0]

    @property
    def is_any(self) -> bool:
        """Whether it stands for every address of this host."""
        return self.host in _ANY

    def at(self, port: int) -> Place:
        """Return the same host at another *port*."""
        return Place(self.family, (self.address[0], port, *self.address[2:]))


def numeric(host: str, port: int) -> tuple[Place, ...]:
    """Return the place of *host*, none where it is a name.  Asks nobody.

    Raises OSError for a zone (`fe80::1%eth0`) that this host has not.
    """
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except socket.gaierror as ex:
        if ex.errno == socket.EAI_NONAME:
            return ()
        raise
    return tuple(Place(family, address) for family, _, _, _, address in found)  # type: ignore[arg-type]


def shown(host: str, port: int) -> str:
    """Return *host* and *port* for people: `192.0.2.1 port 26540`."""
    return f"{host} port {port}"
