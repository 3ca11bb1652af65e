"""One question to a real server: where it listens, and every kind of silence."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.processes import gone, wait_until
from fixtures.server import Server
from pgx_postgres.probe.addresses import Address
from pgx_postgres.probe.question import Question, set_up
from pgx_postgres.watch.classify import NoReply, Row, Silence
from tests.fix_postgres import MakeServer
from tests.postgres.asking import ask, configured, finish, local, login, where

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def ready() -> None:
    set_up()


def test_a_row(server: Server) -> None:
    server.start_plain()

    assert ask(server) == Row()


def test_both_addresses_are_found_local_first(server: Server) -> None:
    server.start_plain()

    got = where(server)

    assert got == [*local(server), Address(server.port, hostaddr="127.0.0.1")]
    assert [ask(server, [one]) for one in got] == [Row(), Row()]


def test_a_wildcard_is_loopback(make_server: MakeServer) -> None:
    server = configured(make_server, listen_addresses="*")
    server.start_plain()

    got = [one.hostaddr for one in where(server) if not one.is_local]

    assert "127.0.0.1" in got
    assert set(got) <= {"127.0.0.1", "::1"}


def test_a_relative_socket_directory(make_server: MakeServer) -> None:
    server = configured(make_server, listen_addresses="")
    (server.data / "sub").mkdir(mode=0o700)
    server.user.own(server.data / "sub")
    server.configure(unix_socket_directories="sub")
    pid = server.launch()
    wait_until(lambda: server.status_line() == "ready" or gone(pid), "ready")

    got = where(server)

    assert [one.is_local for one in got] == [True]
    assert ask(server, got) == Row()


def test_an_abstract_socket(make_server: MakeServer) -> None:
    name = f"@pgx-{os.getpid()}-{time.monotonic_ns()}"
    server = configured(make_server, listen_addresses="", unix_socket_directories=name)
    pid = server.launch()
    wait_until(lambda: server.status_line() == "ready" or gone(pid), "ready")

    assert where(server) == [Address(server.port, host=name)]
    assert ask(server, where(server)) == Row()


def test_no_local_socket_at_all(make_server: MakeServer) -> None:
    server = configured(make_server, unix_socket_directories="")
    pid = server.launch()
    wait_until(lambda: server.status_line() == "ready" or gone(pid), "ready")

    assert where(server) == [Address(server.port, hostaddr="127.0.0.1")]
    assert ask(server, where(server)) == Row()


def test_the_other_address_is_tried_when_the_socket_is_gone(server: Server) -> None:
    server.start_plain()
    at = where(server)
    (server.sockets / f".s.PGSQL.{server.port}").unlink()

    assert ask(server, at[:1]) == NoReply(Silence.NO_SOCKET, str(at[0]))
    assert ask(server, at) == Row()


@pytest.mark.one_postgres
def test_nobody_listens(server: Server) -> None:
    at = [*local(server), Address(server.port, hostaddr="127.0.0.1")]

    assert ask(server, at) == NoReply(Silence.REFUSED, f"127.0.0.1:{server.port}")


@pytest.mark.one_postgres
def test_no_address_at_all(server: Server) -> None:
    assert ask(server, []) == NoReply(Silence.NO_SOCKET)


@pytest.mark.one_postgres
def test_a_socket_file_that_nobody_serves(server: Server, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / ".s.PGSQL.1"))
    at = [Address(1, host=str(tmp_path))]

    assert ask(server, at) == NoReply(Silence.REFUSED, str(at[0]))


@contextmanager
def listener(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path / ".s.PGSQL.1"))
        sock.listen(5)
        yield sock


def asked(question: Question, sock: socket.socket) -> socket.socket:
    """Return the server's end of the connection, once *question* has sent its request."""
    peer = sock.accept()[0]

    def has_asked() -> bool:
        assert question.advance() is None
        return bool(select.select([peer], [], [], 0)[0])

    wait_until(has_asked, "it asks")
    return peer


@pytest.mark.one_postgres
def test_a_connection_that_is_cut(server: Server, tmp_path: Path) -> None:
    at = [Address(1, host=str(tmp_path))]
    with listener(tmp_path) as sock:
        question = Question(at, login(server), "template1")
        asked(question, sock).close()

        assert finish(question) == NoReply(Silence.CUT, str(at[0]))


@pytest.mark.one_postgres
def test_a_server_that_cannot_fork_sends_a_line_without_a_code(
    server: Server, tmp_path: Path
) -> None:
    at = [Address(1, host=str(tmp_path))]
    with listener(tmp_path) as sock:
        question = Question(at, login(server), "template1")
        peer = asked(question, sock)
        peer.recv(1000)
        peer.sendall(
            b"ECould not fork new process: Resource temporarily unavailable\n\0"
        )
        peer.close()

        assert finish(question) == NoReply(Silence.CUT, str(at[0]))


@pytest.mark.one_postgres
def test_silence_has_no_outcome(server: Server, tmp_path: Path) -> None:
    with listener(tmp_path):
        question = Question(
            [Address(1, host=str(tmp_path))], login(server), "template1"
        )

        assert finish(question, 0.2) is None
        question.close()


@pytest.mark.one_postgres
def test_a_full_queue_is_told_apart(server: Server) -> None:
    pid = server.start_plain()
    os.kill(pid, signal.SIGSTOP)
    questions: list[Question] = []
    try:
        while len(questions) < 1000 and not (questions and questions[-1].outside):
            questions.append(Question(local(server), login(server), "template1"))
        last = questions[-1]
        assert last.outside == f"{Silence.FULL.value} at {local(server)[0]}"
        assert finish(last, 0.2) is None  # it goes on trying
    finally:
        os.kill(pid, signal.SIGCONT)
        for question in questions[:-1]:
            question.close()
    try:
        assert finish(last) == Row()
        assert last.outside is None
    finally:
        last.close()


@pytest.mark.one_postgres
def test_what_steers_libpq_is_dropped(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.start_plain()
    for name, text in {
        "PGHOST": "/nonexistent",
        "PGPORT": "1",
        "PGSERVICE": "nosuch",
        "PGOPTIONS": "-c nosuch=1",
        "PGUSER": "nosuch",
        "PGPASSFILE": "/nonexistent",
        "PGSSLMODE": "require",
    }.items():
        monkeypatch.setenv(name, text)
    set_up()

    assert ask(server) == Row()


SCRIPT = """
import sys, select
from psycopg import pq
from pgx_postgres.probe.question import Question, set_up
from pgx_postgres.probe.addresses import Address
from pgx_postgres.probe.login import Login
assert pq.__impl__ == "python", pq.__impl__
set_up()
at = [Address(int(sys.argv[2]), host=sys.argv[1])]
q = Question(at, Login(sys.argv[3], "/"), "nosuch")
while (fd := q.fileno()) is not None:
    poll = select.poll()
    poll.register(fd, q.events)
    poll.poll(5000)
    q.advance()
print(q.advance())
"""


@pytest.mark.one_postgres
def test_psycopg_without_its_binary(server: Server) -> None:
    server.start_plain()
    args = [str(server.sockets), str(server.port), server.user.name]

    got = subprocess.run(
        [sys.executable, "-c", SCRIPT, *args],
        env=os.environ
        | {"PSYCOPG_IMPL": "python", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )

    if "libpq library not found" in got.stderr:
        pytest.skip("the system has no libpq")
    assert got.stdout.strip() == "ErrorReply(sqlstate='3D000')", got.stderr
