"""One question to a server: a new connection, SELECT 1, close.  It never blocks.

The only module that imports psycopg.  It uses `psycopg.pq`, so that one deadline can
bound connect and query together, and the caller can wait for many things at once.
A held connection would make CREATE DATABASE fail, hence a new one each time.
"""

from __future__ import annotations

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
    is_crowd,
    is_login,
)
from pgx_agent.postgres import sqlstate
from pgx_agent.postgres.addresses import Address
from pgx_agent.postgres.knock import knock
from pgx_agent.postgres.login import LOCALHOST, Login, forget_environment

QUERY = b"SELECT 1"

# Seconds.  In front of a full queue one try in some thirty gets in.
_BETWEEN_TRIES = 0.02
# This node's own address answers a SYN at once, unless the queue behind it is full.
_ROOM_WITHIN = 0.1

_make_terse: sqlstate.Terse | None = None


def set_up() -> None:
    """Prepare this process for questions: find libpq, drop what would steer it.

    Raises OSError when psycopg's libpq cannot be found.
    """
    global _make_terse
    forget_environment()
    _make_terse = sqlstate.terse_errors()


def _stored(lookup: bytes) -> bytes | None:
    conn = pq.PGconn.connect_start(lookup)
    try:
        return conn.password
    finally:
        conn.finish()


class Question:
    """One SELECT 1 on its way to *database*, at the first of *addresses* that lets us in.

    Wait until `fileno` is ready for `events`, or for `wake`, then call `advance`, until it
    returns an outcome.  `steps` tells what happened when, by the monotonic clock.

    Where a queue of connections is full, `outside` says which, and every address is tried
    again until one lets us in.  `others` counts the times when the server has shown that
    it serves others: it asked for a password that is not for us to have at that address.
    `warning` is what it warned of at the login.
    """

    def __init__(
        self, addresses: Sequence[Address], login: Login, database: str
    ) -> None:
        self.database = database
        self.events = select.POLLOUT
        self.steps: list[tuple[float, str]] = []
        self.outside: str | None = None
        self.wake: float | None = None
        self.others = 0
        self.warning = ""
        self._full: dict[Address, str] = {}
        self._login = login
        self._tries = 0
        self._all = list(addresses)
        self._left = list(addresses)
        self._conn: pq.abc.PGconn | None = None
        self._outcome: Outcome | None = None
        if self._left:
            self._connect()
        else:
            self._outcome = NoReply(Silence.NO_SOCKET)

    def _note(self, text: str) -> None:
        """Keep *text*; tries in front of a full queue are counted instead."""
        if not self._tries:
            self.steps.append((time.monotonic(), text))

    def _connect(self) -> None:
        """Begin at the next address."""
        self.close()
        self._address = address = self._left.pop(0)
        self._note(f"connect to {self.database} at {address}")
        self._as_localhost = False
        self._begin(address, self._login.conninfo(address, self.database))

    def _begin(self, address: Address, conninfo: bytes) -> None:
        self.events = select.POLLOUT
        self._stage = self._connecting
        self._conn = conn = pq.PGconn.connect_start(conninfo)
        if conn.status == pq.ConnStatus.BAD:
            self._outcome = self._refused(conn, stood=False)
            return
        conn.notice_handler = self._noticed
        if _make_terse is not None:
            _make_terse(getattr(conn, "pgconn_ptr"))  # noqa: B009  # not in the protocol
        if address.is_local:
            self._has_room()
        else:
            self.wake = time.monotonic() + _ROOM_WITHIN

    def _noticed(self, notice: pq.abc.PGresult) -> None:
        field = pq.DiagnosticField
        if notice.error_field(field.SEVERITY_NONLOCALIZED) == b"WARNING":
            text = notice.error_field(field.MESSAGE_PRIMARY) or b""
            self.warning = " ".join(text.decode("utf-8", "replace").split())

    def _has_room(self) -> None:
        """The connection stands: it waits to be accepted, or has been."""
        self.wake = None
        if self._tries:
            tries, self._tries = self._tries, 0
            self._note(f"room at {self._address} after {tries} rounds")
        self.outside = None

    def fileno(self) -> int | None:
        """Return the socket to wait for, None when there is none: see `wake`."""
        if self._conn is None or self._outcome is not None:
            return None
        try:
            return self._conn.socket
        except OperationalError:
            return None

    def advance(self) -> Outcome | None:
        """Go on as far as possible without waiting; return the outcome at the end."""
        if self._outcome is not None:
            return self._outcome
        if self._conn is None:
            self._again()
        else:
            try:
                self._outcome = self._stage(self._conn)
            except OperationalError:
                self._outcome = self._refused(self._conn)
        return self._outcome

    def _again(self) -> None:
        """Begin anew at the first address once it is time to."""
        if self.wake is not None and time.monotonic() >= self.wake:
            self.wake = None
            self._tries += 1
            self._left = list(self._all)
            self._connect()

    def _connecting(self, conn: pq.abc.PGconn) -> Outcome | None:
        if self.wake is not None:  # TCP, and nobody has answered yet
            return self._knocking(conn)
        return self._polled(conn, conn.connect_poll())

    def _knocking(self, conn: pq.abc.PGconn) -> Outcome | None:
        poll = select.poll()
        poll.register(conn.socket, select.POLLOUT)
        if poll.poll(0):
            polled = conn.connect_poll()
            if polled == pq.PollingStatus.FAILED:
                return self._refused(conn, stood=False)
            self._has_room()
            return self._polled(conn, polled)
        if self.wake is not None and time.monotonic() >= self.wake:
            return self._left_outside(Silence.FULL)
        return None

    def _polled(self, conn: pq.abc.PGconn, polled: int) -> Outcome | None:
        match polled:
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

    def _refused(self, conn: pq.abc.PGconn, *, stood: bool = True) -> Outcome | None:
        """Return why there is no connection, or try the next address.

        *stood*: it was there, and the server's to answer.
        """
        reply = self._reply(conn)
        if isinstance(reply, PasswordAsked) and self._ask_for_localhost():
            return self._outcome
        if reply is not None:
            return self._not_here() if self._is_elsewhere(reply) else reply
        how = Silence.CUT if stood else knock(self._address)
        if is_crowd(how):
            return self._left_outside(how)
        self._note(how.value)
        if stood or not (self._left or self.outside):
            return NoReply(how, str(self._address))
        return self._elsewhere()

    def _reply(self, conn: pq.abc.PGconn) -> ErrorReply | PasswordAsked | None:
        code = sqlstate.parse(conn.error_message)
        if code is not None:
            self._note(f"SQLSTATE {code}")
            return ErrorReply(code)
        if conn.needs_password:
            self._note("password asked for")
            line = self._login.line(self._address, self.database)
            return PasswordAsked(f"{line}, nor with {LOCALHOST} as its host")
        return None

    def _ask_for_localhost(self) -> bool:
        """Begin anew with what .pgpass has for localhost, as psql finds it; once.

        The address's own lines come first: they have been looked for already.
        """
        address = self._address
        if self._as_localhost:
            return False
        self._as_localhost = True
        password = _stored(self._login.lookup(address, self.database))
        if not password:
            return False
        self.close()
        host = "" if address.is_local else LOCALHOST
        conninfo = self._login.conninfo(
            address, self.database, host=host, password=password
        )
        self._begin(address, conninfo)
        return True

    def _is_elsewhere(self, reply: ErrorReply | PasswordAsked) -> bool:
        """Whether we came here for a full queue alone: pg_hba.conf has other rules here."""
        return bool(self._full) and self._address not in self._full and is_login(reply)

    def _not_here(self) -> Outcome | None:
        self.others += 1
        self._all.remove(self._address)
        self.outside = next(reversed(self._full.values()))
        return self._elsewhere()

    def _left_outside(self, how: Silence) -> Outcome | None:
        self._note(how.value)
        self.outside = f"{how.value} at {self._address}"
        self._full[self._address] = self.outside
        return self._elsewhere()

    def _elsewhere(self) -> Outcome | None:
        """Try the next address, in front of a full queue all of them once more."""
        if self._left:
            self._connect()
            return self._outcome
        self.close()
        self.wake = time.monotonic() + _BETWEEN_TRIES
        return None

    def close(self) -> None:
        """Close the connection; a backend that waits for a lock does not notice."""
        if self._conn is not None:
            self._conn.finish()
            self._conn = None
