"""Who asks, and what libpq is told about the way in.

Only the definition steers it.  libpq looks for certificates in the OS user's home by
itself, where a file of something else, or a key with a loose mode, would turn a good
login into a refused one; so it is told of a place where nothing can be.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from pgx_base.light.dataclasses import dataclass
from pgx_postgres.probe.addresses import Address

APPLICATION = "pgx_monitor"
LOCALHOST = "localhost"
_NOWHERE = "/dev/null/none"
# What a definition may say of them with --env, by libpq's own names.
SSL = {
    "PGSSLCERT": "sslcert",
    "PGSSLKEY": "sslkey",
    "PGSSLROOTCERT": "sslrootcert",
    "PGSSLCRL": "sslcrl",
    "PGSSLCRLDIR": "sslcrldir",
    "PGSSLMODE": "sslmode",
}
_ALWAYS = ("sslcert", "sslkey", "sslrootcert", "sslcrl")


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks: the database user, the OS user's home with its .pgpass, and *ssl*.

    *application* is what the server is told that we are; *password* beats .pgpass.
    """

    user: str
    home: str
    ssl: tuple[tuple[str, str], ...] = ()
    application: str = APPLICATION
    password: bytes = b""

    def __repr__(self) -> str:
        return f"Login({self.user!r}, {self.home!r}, {self.ssl!r})"  # no password

    def conninfo(
        self,
        address: Address,
        database: str,
        *,
        host: str = "",
        password: bytes = b"",
    ) -> bytes:
        """Return the connection string for *address*.

        *host* is another name that .pgpass may have for it; *password* what it has.  Never
        logged: it may hold a password.
        """
        where = "host" if address.is_local else "hostaddr"
        settings = {
            **({"host": host} if host else {}),
            where: address.host or address.hostaddr,
            "port": str(address.port),
            "user": self.user,
            "dbname": database,
            "application_name": self.application,
            "passfile": f"{self.home}/.pgpass",
            "gssencmode": "disable",
            **dict.fromkeys(_ALWAYS, _NOWHERE),
            **dict(self.ssl),
        }
        given = [_setting(name, os.fsencode(text)) for name, text in settings.items()]
        secret = password or self.password
        return b" ".join([*given, *([_setting("password", secret)] if secret else [])])

    def lookup(self, address: Address, database: str) -> bytes:
        """Return a connection string that libpq looks up for localhost and cannot use.

        It reads .pgpass, by its own rules, before it judges sslmode.
        """
        settings = {
            "host": LOCALHOST,
            "port": str(address.port),
            "user": self.user,
            "dbname": database,
            "passfile": f"{self.home}/.pgpass",
            "sslmode": "none of them",
        }
        return b" ".join(_setting(name, os.fsencode(v)) for name, v in settings.items())

    def line(self, address: Address, database: str) -> str:
        """Return the line of .pgpass that is looked for, without its password."""
        host = address.host or address.hostaddr.replace(":", r"\:")
        return f"{host}:{address.port}:{database}:{self.user}"


def of(user: str, home: str, env: Mapping[str, str]) -> Login:
    """Return the login of a definition, whose *env* may name certificates."""
    ssl = tuple((SSL[name], text) for name, text in env.items() if name in SSL)
    return Login(user, home, ssl)


def forget_environment() -> None:
    """Drop what would steer libpq: only the definition says how to connect."""
    for name in list(os.environ):
        # PGHOST, PGSERVICE, PGOPTIONS...
        if name.startswith("PG") and not name.startswith("PGX_"):
            del os.environ[name]


def _setting(name: str, text: bytes) -> bytes:
    quoted = text.replace(b"\\", b"\\\\").replace(b"'", b"\\'")
    return name.encode() + b"='" + quoted + b"'"
