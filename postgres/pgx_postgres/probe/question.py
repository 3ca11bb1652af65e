"""One question to a server: a new connection, SELECT 1, close.  It never blocks.

The only module that imports psycopg.  It uses `psycopg.pq`, so that one deadline can
bound connect and query together, and the caller can wait for many things at once.
A held connection would make CREATE DATABASE fail, hence a new one each time.
"""

from __future__ import annotations

import select
import time
from collections.abc import Sequence

from psycopg import pq
from psycopg.errors import OperationalError

from pgx_postgres.probe import sqlstate
from pgx_postgres.probe.addresses import Address
from pgx_postgres.probe.knock import knock
from pgx_postgres.probe.login import LOCALHOST, Login, forget_environment
from pgx_postgres.probe.rounds import Rounds
from pgx_postgres.watch.classify import (
    ErrorReply,
    NoReply,
    Outcome,
    PasswordAsked,
    Row,
    Silence,
    is_crowd,
    is_login,
)

QUERY = b"SELECT 1"

# Seconds.  In front of a full queue one try in some thirty gets in.
_BETWEEN_TRIES = 0.02
# This node's own address answers a SYN at once, unless the queue behind it is full.
_ROOM_WITHIN = 0.1
# At an address that we came to for a full queue alone: the server may be stopped.
_DETOUR_WITHIN = 3.0

_make_terse: sqlstate.Terse | None = None


def set_up() -> None:
    """Find libpq, and drop what would steer it.  Raises OSError without psycopg's libpq."""
    global _make_terse
    forget_environment()
    _make_terse = sqlstate.terse_errors()


def _stored(lookup: bytes) -> bytes | None:
    conn = pq.PGconn.connect_start(lookup)
    try:
        return conn.password
    finally:
        conn.finish()


def _is_ready(conn: pq.abc.PGconn, events: int) -> bool:
    poll = select.poll()
    poll.register(conn.socket, events)
    return bool(poll.poll(0))


class Question:
    """One SELECT 1 on its way to *database*, at the first of *addresses* that lets us in.

    Wait until `fileno` is ready for `events`, or for `wake`, then call `advance`, until it
    returns an outcome.  `steps` tells what happened when, by the monotonic clock.

    Where a queue of connections is full, `outside` says which, and every address is tried
    again until one lets us in.  `others` counts how often we were refused where others are
    served; `warning` is what the server warned of at the login.
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
        self._login = login
        self._rounds = Rounds(addresses)
        self._conn: pq.abc.PGconn | None = None
        self._outcome: Outcome | None = None
        if self._rounds.has_more():
            self._connect()
        else:
            self._outcome = NoReply(Silence.NO_SOCKET)

    def _note(self, text: str) -> None:
        """Keep *text*; tries in front of a full queue are counted instead."""
        if not self._rounds.tries:
            self.steps.append((time.monotonic(), text))

    def _connect(self) -> None:
        """Begin at the next address."""
        self.close()
        self._address = address = self._rounds.next()
        self._note(f"connect to {self.database} at {address}")
        self._as_localhost = False
        self._begin(address, self._login.conninfo(address, self.database))

    def _begin(self, address: Address, conninfo: bytes) -> None:
        self.events = select.POLLOUT
        self._stage = self._logging_in if address.is_local else self._knocking
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
        if self._rounds.tries:
            rounds, self._rounds.tries = self._rounds.tries, 0
            self._note(f"room at {self._address} after {rounds} rounds")
        self.outside = None
        if self._rounds.is_detour(self._address):
            self.wake = time.monotonic() + _DETOUR_WITHIN

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
        if self._is_time():
            self.wake = None
            self._rounds.again()
            self._connect()

    def _knocking(self, conn: pq.abc.PGconn) -> Outcome | None:
        """Wait for an answer to our SYN."""
        if not _is_ready(conn, self.events):
            return self._left_outside(Silence.FULL) if self._is_time() else None
        polled = conn.connect_poll()
        if polled == pq.PollingStatus.FAILED:
            return self._refused(conn, stood=False)
        self._stage = self._logging_in
        self._has_room()
        return self._polled(conn, polled)

    def _logging_in(self, conn: pq.abc.PGconn) -> Outcome | None:
        if self._is_time() and not _is_ready(conn, self.events):
            return self._go_back()
        return self._polled(conn, conn.connect_poll())

    def _is_time(self) -> bool:
        return self.wake is not None and time.monotonic() >= self.wake

    def _polled(self, conn: pq.abc.PGconn, polled: int) -> Outcome | None:
        match polled:
            case pq.PollingStatus.READING:
                self.events = select.POLLIN
                return None
            case pq.PollingStatus.WRITING:
                self.events = select.POLLOUT
                return None
            case pq.PollingStatus.OK:
                self.wake = None
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
        code = result.error_field(pq.DiagnosticField.SQLSTATE)
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
            detour = self._rounds.is_detour(self._address) and is_login(reply)
            return self._not_here() if detour else reply
        how = Silence.CUT if stood else knock(self._address)
        if is_crowd(how):
            return self._left_outside(how)
        self._note(how.value)
        if stood or not (self._rounds.has_more() or self.outside):
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
        """Begin anew, once, with what .pgpass has for localhost; the address came first."""
        if self._as_localhost:
            return False
        self._as_localhost = True
        address = self._address
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

    def _not_here(self) -> Outcome | None:
        """Others are served: pg_hba.conf has other rules here than for our own way in."""
        self.others += 1
        return self._go_back()

    def _go_back(self) -> Outcome | None:
        self.outside = self._rounds.leave(self._address)
        return self._elsewhere()

    def _left_outside(self, how: Silence) -> Outcome | None:
        self._note(how.value)
        self.outside = self._rounds.full(self._address, how.value)
        return self._elsewhere()

    def _elsewhere(self) -> Outcome | None:
        """Try the next address, in front of a full queue all of them once more."""
        if self._rounds.has_more():
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
