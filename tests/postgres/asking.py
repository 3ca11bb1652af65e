"""Questions put to a real server, to their end."""

from __future__ import annotations

import select
import time

from fixtures.server import Server
from pgx_postgres import pidfile
from pgx_postgres.probe import addresses
from pgx_postgres.probe.addresses import Address
from pgx_postgres.probe.login import Login
from pgx_postgres.probe.question import Question
from pgx_postgres.watch.classify import Outcome
from tests.fix_postgres import MakeServer


def login(server: Server, home: str = "/nonexistent", user: str = "") -> Login:
    return Login(user or server.user.name, home)


def where(server: Server) -> list[Address]:
    pid = server.pid()
    assert pid is not None
    found = pidfile.read(str(server.data))
    return addresses.of_server(pid, found, str(server.data))


def local(server: Server) -> list[Address]:
    return [Address(server.port, host=str(server.sockets))]


def configured(make_server: MakeServer, **settings: object) -> Server:
    server = make_server()
    server.configure(**settings)
    return server


def finish(question: Question, limit: float = 60.0) -> Outcome | None:
    """Return the outcome, None when there is none within *limit* seconds."""
    until = time.monotonic() + limit
    outcome: Outcome | None = None
    while outcome is None and time.monotonic() < until:
        fd, wake = question.fileno(), question.wake
        poll = select.poll()
        if fd is not None:
            poll.register(fd, question.events)
        elif wake is None:
            return question.advance()
        at = until if wake is None else min(wake, until)
        poll.poll(max(0, at - time.monotonic()) * 1000)
        outcome = question.advance()
    return outcome


def ask(
    server: Server,
    at: list[Address] | None = None,
    database: str = "template1",
    as_whom: Login | None = None,
) -> Outcome | None:
    question = Question(
        local(server) if at is None else at, as_whom or login(server), database
    )
    try:
        return finish(question)
    finally:
        question.close()
