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
    """Who speaks to whom, and how patiently.

    me, peer   server identifiers in network.conf
    mine       where this controller listens, and what it dials from
    theirs     where the peer's listens
    secret     what both have, at least 16 bytes
    interval, timeout  heartbeat_interval and heartbeat_timeout in seconds
    tls        None: in the clear, authentic by the secret all the same
    """

    me: str
    peer: str
    mine: Address
    theirs: Address
    secret: bytes = field(repr=False)
    interval: float = 0.8
    timeout: float = 1.0
    tls: TlsFiles | None = None

    @property
    def patience(self) -> float:
        """Seconds without an acknowledgement after which a second connection is dialled.

        One of the heartbeat's tries: so each of heartbeat_retry is a connection of its own,
        and a loss of packets that is over is not prolonged by TCP's growing intervals.
        """
        return self.interval + self.timeout
