"""Where etcd is, and how it is spoken to."""

from __future__ import annotations

from dataclasses import dataclass, field

from pgx_mirror.conf.network import Endpoint


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: the CA of the members' certificates, and what this server shows, "" for none."""

    authority: str
    certificate: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """The register's place in etcd.

    endpoints  tried in turn
    prefix     of its keys, without a slash at the end
    user       "" for none; the password is etcd's
    tls        None: http
    timeout    seconds that one endpoint has for one answer
    """

    endpoints: tuple[Endpoint, ...]
    prefix: str
    user: str = ""
    password: str = field(default="", repr=False)
    tls: TlsFiles | None = None
    timeout: float = 1.0
