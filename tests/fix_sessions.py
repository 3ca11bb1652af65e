"""Fixtures: sessions with a server, closed at the end."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fixtures.server import Server

Connect = Callable[..., psycopg.Connection]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a function that opens a session; all are closed at the end."""
    opened: list[psycopg.Connection] = []

    def session(server: Server, **options: str) -> psycopg.Connection:
        where = {"host": str(server.sockets), "port": str(server.port)}
        who = {"dbname": "postgres", "user": server.user.name}
        conninfo = make_conninfo("", **(where | who | options))
        opened.append(psycopg.connect(conninfo, autocommit=True))
        return opened[-1]

    yield session
    for one in opened:
        end(one)


def end(session: psycopg.Connection) -> None:
    """Close *session*, which a thread may be using: libpq frees what that one reads into.

    So its socket is shut first, and whoever waits for an answer has let go of it.
    """
    if not session.closed:
        with socket.socket(fileno=os.dup(session.fileno())) as line, suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
    with session.lock:
        session.close()
