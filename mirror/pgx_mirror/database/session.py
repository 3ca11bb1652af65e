"""A session with a server: opened, asked and closed within a time, never for longer.

It and `wal_stream` alone import psycopg in the pair.  It uses `psycopg.pq`, so that one
deadline bounds connecting and asking, and an answer may come while others are asked.
"""

from __future__ import annotations

import functools
import select
import time

from psycopg import pq
from psycopg.errors import OperationalError

from pgx_mirror.database.access import Access
from pgx_mirror.database.trouble import Lost, Refused, TooLate
from pgx_postgres.probe import sqlstate
from pgx_postgres.probe.addresses import Address
from pgx_postgres.probe.knock import knock
from pgx_postgres.probe.login import LOCALHOST, forget_environment
from pgx_postgres.watch.classify import is_crowd

# Seconds.  In front of a full queue one try in some thirty gets in.
_BETWEEN_TRIES = 0.02
_LOGIN = "28"
_PASSWORD = "28P01"  # noqa: S105  # a code, no password
Row = tuple[str | None, ...]
Rows = list[Row]


@functools.cache
def _terse() -> sqlstate.Terse:
    """Return what makes libpq show error codes.  Raises OSError without psycopg's libpq."""
    forget_environment()
    return sqlstate.terse_errors()


def _stored(lookup: bytes) -> bytes | None:
    conn = pq.PGconn.connect_start(lookup)
    try:
        return conn.password
    finally:
        conn.finish()


def _ready(fd: int, events: int, until: float) -> bool:
    poll = select.poll()
    poll.register(fd, events)
    return bool(poll.poll(max(0.0, until - time.monotonic()) * 1000))


class Session:
    """An open session; *address* is where it was let in.

    `warnings` are the codes of what the server warned of since the last `send`.
    """

    def __init__(self, conn: pq.abc.PGconn, address: Address) -> None:
        self.address = address
        self.pid = conn.backend_pid
        self.version = conn.server_version
        self.password = (
            conn.password or b""
        )  # what it was let in by, or could have been
        self.is_superuser = conn.parameter_status(b"is_superuser") == b"on"
        self.warnings: list[str] = []
        self._conn = conn
        self._rows: list[Rows] = []
        self._error: Refused | None = None
        conn.nonblocking = 1
        conn.notice_handler = self._noticed

    def _noticed(self, notice: pq.abc.PGresult) -> None:
        code = notice.error_field(pq.DiagnosticField.SQLSTATE) or b""
        self.warnings.append(code.decode())

    def ask(self, sql: str, within: float) -> list[Rows]:
        """Return the rows of each statement in *sql*.

        Raises Refused, TooLate, Lost; after the last two the session is of no more use.
        """
        self.send(sql)
        found = self.take(within)
        if found is None:
            raise TooLate(f"no answer within {within:g} s")
        return found

    def send(self, sql: str) -> None:
        """Send *sql* without waiting.  Raises Lost."""
        self.warnings, self._rows, self._error = [], [], None
        try:
            self._conn.send_query(sql.encode())
            self._conn.flush()
        except OperationalError as ex:
            raise Lost("the connection broke") from ex

    def take(self, within: float = 0) -> list[Rows] | None:
        """Return the rows of what was sent, None when they are not there *within* seconds.

        Raises Refused, Lost.
        """
        until = time.monotonic() + within
        try:
            while not self._advance():
                events = select.POLLIN | (select.POLLOUT if self._conn.flush() else 0)
                if not _ready(self._conn.socket, events, until):
                    return None
        except OperationalError as ex:
            raise self._error or Lost("the connection broke") from ex
        if self._error is not None:
            raise self._error
        return self._rows

    def _advance(self) -> bool:
        """Take what has come; whether it was all."""
        self._conn.consume_input()
        while not self._conn.is_busy():
            result = self._conn.get_result()
            if result is None:
                return True
            self._keep(result)
        return False

    def _keep(self, result: pq.abc.PGresult) -> None:
        if result.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            self._rows.append(_rows(result))
            return
        code = result.error_field(pq.DiagnosticField.SQLSTATE)
        text = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b""
        if code is None:
            raise OperationalError
        self._error = Refused(code.decode(), text.decode("utf-8", "replace"))

    def close(self) -> None:
        """Close it; a backend that waits for a standby or a lock does not notice."""
        self._conn.finish()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _rows(result: pq.abc.PGresult) -> Rows:
    columns = range(result.nfields)
    return [
        tuple(_text(result.get_value(row, column)) for column in columns)
        for row in range(result.ntuples)
    ]


def _text(value: bytes | memoryview | None) -> str | None:
    return None if value is None else bytes(value).decode("utf-8", "replace")


class Attempt:
    """A session on its way: `advance` goes on with it, as often as it takes."""

    def __init__(self, access: Access, options: bytes) -> None:
        _terse()
        self._access = access
        self._options = options
        self._conn: pq.abc.PGconn | None = None
        self._wake = 0.0
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._left = list(self._access.addresses)
        self._crowd, self._why = False, "it listens nowhere"
        self._refused: Refused | None = None
        self._next()

    def _next(self) -> None:
        """Begin at the next address; at the end say why there is no session."""
        self.close()
        if self._left:
            self._address = self._left.pop(0)
            login = self._access.login
            self._connect(login.conninfo(self._address, self._access.database))
        elif self._refused is not None:
            raise self._refused
        elif self._crowd:
            self._wake = time.monotonic() + _BETWEEN_TRIES
        else:
            raise Lost(self._why)

    def _connect(self, conninfo: bytes) -> None:
        self._conn = conn = pq.PGconn.connect_start(conninfo + self._options)
        self._events = select.POLLOUT
        if conn.status == pq.ConnStatus.BAD:
            self._failed(conn)
        else:
            _terse()(getattr(conn, "pgconn_ptr"))  # noqa: B009  # not in the protocol

    def advance(self, within: float) -> Session | None:
        """Return the session, None when there is none *within* seconds: it goes on.

        Raises Refused, Lost.
        """
        until = time.monotonic() + within
        while True:
            if self._conn is None:
                time.sleep(max(0.0, min(self._wake, until) - time.monotonic()))
                if time.monotonic() < self._wake:
                    return None
                self._begin_anew()
            elif not _ready(self._conn.socket, self._events, until):
                return None
            elif session := self._polled(self._conn):
                return session

    def _polled(self, conn: pq.abc.PGconn) -> Session | None:
        match conn.connect_poll():
            case pq.PollingStatus.READING:
                self._events = select.POLLIN
            case pq.PollingStatus.WRITING:
                self._events = select.POLLOUT
            case pq.PollingStatus.OK:
                self._conn = None
                return Session(conn, self._address)
            case _:
                self._failed(conn)
        return None

    def _failed(self, conn: pq.abc.PGconn) -> None:
        """Note why there is no session here, and go on at the next address."""
        code = sqlstate.parse(conn.error_message)
        if code is not None and not code.startswith(_LOGIN):
            self.close()
            raise Refused(code, f"the server refused a session at {self._address}")
        if code is None and conn.needs_password and self._ask_as_localhost(conn):
            return
        if code is not None:
            self._no_login(code, "the login was refused")
        elif conn.needs_password:
            line = self._access.login.line(self._address, self._access.database)
            self._no_login(_PASSWORD, f"no password is known, nor in .pgpass ({line})")
        else:
            how = knock(self._address)
            self._crowd = self._crowd or is_crowd(how)
            self._why = f"{how.value} at {self._address}"
        self._next()

    def _ask_as_localhost(self, conn: pq.abc.PGconn) -> bool:
        """Begin here once more, with what .pgpass has for localhost."""
        login, at, database = self._access.login, self._address, self._access.database
        password = _stored(login.lookup(at, database))
        if not password or conn.password:
            return False
        self.close()
        host = "" if at.is_local else LOCALHOST
        self._connect(login.conninfo(at, database, host=host, password=password))
        return True

    def _no_login(self, code: str, text: str) -> None:
        """Keep the refusal that tells most: a wrong password more than no way in here."""
        if self._refused is None or code == _PASSWORD:
            self._refused = Refused(code, f"{text} at {self._address}")

    def close(self) -> None:
        """Give it up."""
        if self._conn is not None:
            self._conn.finish()
            self._conn = None
