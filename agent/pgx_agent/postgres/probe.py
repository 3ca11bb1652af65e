"""One question to a server: a new connection, SELECT 1, close.  It never blocks.

The only module that imports psycopg.  It uses `psycopg.pq`, so that one deadline can
bound connect and query together, and the caller can wait for many things at once.
A held connection would make CREATE DATABASE fail, hence a new one each time.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Sequence

from psycopg import OperationalError, pq

from pgx_agent.core.classify import (
    ErrorReply,
    NoReply,
    Outcome,
    PasswordAsked,
    Row,
    Silence,
)
from pgx_agent.postgres import sqlstate
from pgx_agent.postgres.addresses import Address
from pgx_agent.postgres.knock import knock
from pgx_pclrsc.frozen import dataclass

QUERY = b"SELECT 1"
APPLICATION = "pgx_monitor"

_make_terse: sqlstate.Terse | None = None


def set_up() -> None:
    """Prepare this process for questions: find libpq, drop what would steer it.

    Raises OSError when psycopg's libpq cannot be found.
    """
    global _make_terse
    for name in list(os.environ):
        # PGHOST, PGSERVICE, PGOPTIONS...: only the definition says how to connect.
        if name.startswith("PG") and not name.startswith("PGX_"):
            del os.environ[name]
    _make_terse = sqlstate.terse_errors()


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


class Question:
    """One SELECT 1 on its way to *database*, at the first of *addresses* that lets us in.

    Wait until `fileno` is ready for `events`, then call `advance`, until it returns an
    outcome.  `steps` tells what happened when, by the monotonic clock.
    """

    def __init__(
        self, addresses: Sequence[Address], login: Login, database: str
    ) -> None:
        self.database = database
        self.events = select.POLLOUT
        self.steps: list[tuple[float, str]] = []
        self._login = login
        self._left = list(addresses)
        self._conn: pq.abc.PGconn | None = None
        self._outcome: Outcome | None = None
        if self._left:
            self._connect()
        else:
            self._outcome = NoReply(Silence.NO_SOCKET)

    def _note(self, text: str) -> None:
        self.steps.append((time.monotonic(), text))

    def _connect(self) -> None:
        """Begin at the next address."""
        self.close()
        self._address = address = self._left.pop(0)
        self._note(f"connect to {self.database} at {address}")
        conninfo = self._login.conninfo(address, self.database)
        self._stage = self._connecting
        self._conn = conn = pq.PGconn.connect_start(conninfo)
        if conn.status == pq.ConnStatus.BAD:
            self._outcome = self._refused(conn)
        elif _make_terse is not None:
            _make_terse(getattr(conn, "pgconn_ptr"))  # noqa: B009  # not in the protocol

    def fileno(self) -> int | None:
        """Return the socket to wait for, None when `advance` has an outcome at once."""
        if self._conn is None or self._outcome is not None:
            return None
        try:
            return self._conn.socket
        except OperationalError:
            return None

    def advance(self) -> Outcome | None:
        """Go on as far as possible without waiting; return the outcome at the end."""
        if self._outcome is None and self._conn is not None:
            try:
                self._outcome = self._stage(self._conn)
            except OperationalError:
                self._outcome = self._refused(self._conn)
        return self._outcome

    def _connecting(self, conn: pq.abc.PGconn) -> Outcome | None:
        match conn.connect_poll():
            case pq.PollingStatus.READING:
                self.events = select.POLLIN
                return None
            case pq.PollingStatus.WRITING:
                self.events = select.POLLOUT
                return None
            case pq.PollingStatus.OK:
                self._note("connected")
                conn.nonblocking = 1
                conn.send_query(QUERY)
                self._stage = self._asking
                return self._asking(conn)
            case _:
                return self._refused(conn)

    def _asking(self, conn: pq.abc.PGconn) -> Outcome | None:
        more = conn.flush()
        self.events = select.POLLIN | (select.POLLOUT if more else 0)
        conn.consume_input()
        if conn.is_busy():
            return None
        result = conn.get_result()
        if result is None:
            return self._refused(conn)
        if result.status == pq.ExecStatus.TUPLES_OK:
            self._note("row")
            return Row()
        return self._error(result.error_field(pq.DiagnosticField.SQLSTATE), conn)

    def _error(self, code: bytes | None, conn: pq.abc.PGconn) -> Outcome | None:
        if code is None:
            return self._refused(conn)
        self._note(f"SQLSTATE {code.decode()}")
        return ErrorReply(code.decode())

    def _refused(self, conn: pq.abc.PGconn) -> Outcome | None:
        """Return why there is no connection, or try the next address."""
        code = sqlstate.parse(conn.error_message)
        if code is not None:
            self._note(f"SQLSTATE {code}")
            return ErrorReply(code)
        if conn.needs_password:
            self._note("password asked for")
            return PasswordAsked()
        how = knock(self._address)
        self._note(how.value)
        if self._left and how in (Silence.REFUSED, Silence.NO_SOCKET):
            self._connect()
            return self._outcome
        return NoReply(how, str(self._address))

    def close(self) -> None:
        """Close the connection; a backend that waits for a lock does not notice."""
        if self._conn is not None:
            self._conn.finish()
            self._conn = None
