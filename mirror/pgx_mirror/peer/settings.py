"""What a link is told: plain values, so that it depends on no file's form."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Address:
    """A host, by name or address, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host} port {self.port}"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: this server's certificate and key, and the authority of both servers'."""

    certificate: str
    key: str
    authority: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Who speaks to whom.

    me, peer   server identifiers in network.conf
    mine       where this controller listens, and what it dials from
    theirs     where the peer's listens
    secret     what both have, at least 16 bytes
    tls        None: in the clear, authentic by the secret all the same
    """

    me: str
    peer: str
    mine: Address
    theirs: Address
    secret: bytes = field(repr=False)
    tls: TlsFiles | None = None
