"""The write-ahead log as a standby is sent it: read by the replication protocol, or kept.

No standby's name is borne meanwhile, and nothing is said to be flushed but what a slot is to
keep: no commit is confirmed.
"""

from __future__ import annotations

import select
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import pq
from psycopg.errors import OperationalError

from pgx_mirror.core import wal
from pgx_mirror.database.trouble import Lost, Refused, TooLate, Trouble

IN_USE = "55006"  # of a slot
_SILENCE, _CONNECTS = 60.0, 30.0  # seconds
_DATA, _KEEPALIVE = b"w", b"k"
_BEGINS = struct.Struct(">xQQq")  # its type; where the data begin, the log ends; when
_ASKS = 17  # the byte of a keepalive that asks for a reply
_REPLY = struct.Struct(
    ">cQQQq?"
)  # written, flushed, replayed, when, a reply is asked for


def read(conninfo: str, timeline: int, start: int, stop: int) -> Iterator[bytes]:
    """Yield the log of *timeline* from *start* to *stop*, which the server must have.

    Raises Refused, TooLate, Lost.
    """
    command = f"START_REPLICATION PHYSICAL {wal.text(start)} TIMELINE {timeline}"
    with _sending(conninfo, command) as conn:
        while start < stop:
            message = _message(conn)
            if message[:1] == _DATA:
                block = message[_BEGINS.size :][: stop - start]
                if _BEGINS.unpack_from(message)[0] != start:
                    raise Lost("the log has not come in order")
                yield block
                start += len(block)
            elif message[:1] == _KEEPALIVE and message[_ASKS]:
                _reply(conn, 0)


def hold(conninfo: str, slot: str, flushed: int, at: int = 0) -> None:
    """See that nobody streams by *slot*, and have it keep the log from *at* on.

    That may be before what it keeps now; 0 leaves it.  *flushed*: how far the server is.
    Raises Refused (IN_USE), TooLate, Lost.
    """
    with _sending(
        conninfo, f"START_REPLICATION SLOT {slot} PHYSICAL {wal.text(flushed)}"
    ) as conn:
        _reply(conn, at)
        conn.put_copy_end()
        try:
            while True:
                _message(conn)
        except _Done:
            return


class _Done(Lost):
    """The server has ended the stream."""


@contextmanager
def _sending(conninfo: str, command: str) -> Iterator[pq.abc.PGconn]:
    """Yield a connection that has begun to send by *command*."""
    conn = pq.PGconn.connect_start(conninfo.encode())
    try:
        _connect(conn)
        if conn.status != pq.ConnStatus.OK:
            raise Lost(_why(conn))
        conn.nonblocking = 1
        conn.send_query(command.encode())
        result = _result(conn)
        if result is None or result.status != pq.ExecStatus.COPY_BOTH:
            raise Lost("no answer") if result is None else _trouble(result)
        yield conn
    except OperationalError as ex:
        raise Lost("the connection broke") from ex
    finally:
        conn.finish()


def _connect(conn: pq.abc.PGconn) -> None:
    """Connect, or fail to, which its status tells.  Raises TooLate.

    psycopg keeps all of this process from running in a call that connects at once: neither a
    signal nor another thread would get its turn while a server is silent.
    """
    until = time.monotonic() + _CONNECTS
    wants: int = pq.PollingStatus.WRITING
    while conn.status != pq.ConnStatus.BAD and wants != pq.PollingStatus.OK:
        poll = select.poll()
        writes = wants == pq.PollingStatus.WRITING
        poll.register(conn.socket, select.POLLOUT if writes else select.POLLIN)
        if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
            raise TooLate(f"no connection within {_CONNECTS:.0f} s")
        wants = conn.connect_poll()


def _why(conn: pq.abc.PGconn) -> str:
    """Return why there is no connection; a line that is indented asks people something."""
    lines = conn.error_message.decode("utf-8", "replace").splitlines()
    telling = [line for line in lines if line.strip() and line[0] != "\t"]
    return telling[-1].strip() if telling else "no connection"


def _message(conn: pq.abc.PGconn) -> bytes:
    """Return the next message.  Raises Refused, TooLate, _Done."""
    while True:
        conn.flush()
        size, data = conn.get_copy_data(1)
        if size > 0:
            return bytes(data)
        if size < 0:
            raise _ended(conn)
        _wait(conn)


def _result(conn: pq.abc.PGconn) -> pq.abc.PGresult | None:
    """Return the answer to what was asked; a server that is frozen gives none."""
    while conn.flush() or conn.is_busy():
        _wait(conn)
    return conn.get_result()


def _wait(conn: pq.abc.PGconn) -> None:
    """Take what comes.  Raises TooLate, OperationalError."""
    poll = select.poll()
    poll.register(conn.socket, select.POLLIN)
    if not poll.poll(_SILENCE * 1000):
        raise TooLate(f"nothing was sent for {_SILENCE:.0f} s")
    conn.consume_input()


def _ended(conn: pq.abc.PGconn) -> Trouble:
    result = _result(conn)
    if result is not None and result.status == pq.ExecStatus.FATAL_ERROR:
        return _trouble(result)
    return _Done("the stream has ended")


def _trouble(result: pq.abc.PGresult) -> Trouble:
    code = result.error_field(pq.DiagnosticField.SQLSTATE)
    text = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b""
    if code is None:
        return Lost("the connection broke")
    return Refused(code.decode(), text.decode("utf-8", "replace"))


def _reply(conn: pq.abc.PGconn, flushed: int) -> None:
    conn.put_copy_data(_REPLY.pack(b"r", flushed, flushed, 0, 0, False))
