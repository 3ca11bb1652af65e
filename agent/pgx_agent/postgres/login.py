"""Who asks, and what libpq is told about the way in."""

from __future__ import annotations

import os

from pgx_agent.postgres.addresses import Address
from pgx_pclrsc.frozen import dataclass

APPLICATION = "pgx_monitor"


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks: the database user, and the OS user's home with its .pgpass."""

    user: str
    home: str

    def conninfo(self, address: Address, database: str) -> bytes:
        """Return the connection string; it holds no password."""
        where = "host" if address.is_local else "hostaddr"
        settings = {
            where: address.host or address.hostaddr,
            "port": str(address.port),
            "user": self.user,
            "dbname": database,
            "application_name": APPLICATION,
            "passfile": f"{self.home}/.pgpass",
            "gssencmode": "disable",
        }
        return b" ".join(_setting(name, text) for name, text in settings.items())


def _setting(name: str, text: str) -> bytes:
    quoted = os.fsencode(text).replace(b"\\", b"\\\\").replace(b"'", b"\\'")
    return name.encode() + b"='" + quoted + b"'"
