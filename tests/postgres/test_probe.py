"""One question to a real server: each row of the probe's table."""

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

from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_agent.core.classify import (
    ErrorReply,
    NoReply,
    Outcome,
    PasswordAsked,
    Row,
    Silence,
)
from pgx_agent.postgres import addresses, pidfile, probe
from pgx_agent.postgres.addresses import Address
from tests.fix_postgres import MakeServer

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def ready() -> None:
    probe.set_up()


def login(server: Server, home: str = "/nonexistent", user: str = "") -> probe.Login:
    return probe.Login(user or server.user.name, home)


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


def finish(question: probe.Question, limit: float = 10.0) -> Outcome | None:
    """Return the outcome, None when there is none within *limit* seconds."""
    until = time.monotonic() + limit
    while (fd := question.fileno()) is not None and time.monotonic() < until:
        poll = select.poll()
        poll.register(fd, question.events)
        if poll.poll(max(0, until - time.monotonic()) * 1000):
            question.advance()
    return question.advance() if question.fileno() is None else None


def ask(
    server: Server,
    at: list[Address] | None = None,
    database: str = "template1",
    as_whom: probe.Login | None = None,
) -> Outcome | None:
    question = probe.Question(
        local(server) if at is None else at, as_whom or login(server), database
    )
    try:
        return finish(question)
    finally:
        question.close()


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


def test_nobody_listens(server: Server) -> None:
    at = [*local(server), Address(server.port, hostaddr="127.0.0.1")]

    assert ask(server, at) == NoReply(Silence.REFUSED, f"127.0.0.1:{server.port}")


def test_no_address_at_all(server: Server) -> None:
    assert ask(server, []) == NoReply(Silence.NO_SOCKET)


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


def test_a_connection_that_is_cut(server: Server, tmp_path: Path) -> None:
    at = [Address(1, host=str(tmp_path))]
    with listener(tmp_path) as sock:
        question = probe.Question(at, login(server), "template1")
        assert finish(question, 0.1) is None
        sock.accept()[0].close()

        assert finish(question) == NoReply(Silence.CUT, str(at[0]))


def test_a_server_that_cannot_fork_sends_a_line_without_a_code(
    server: Server, tmp_path: Path
) -> None:
    at = [Address(1, host=str(tmp_path))]
    with listener(tmp_path) as sock:
        question = probe.Question(at, login(server), "template1")
        assert finish(question, 0.1) is None
        peer = sock.accept()[0]
        peer.recv(1000)
        peer.sendall(
            b"ECould not fork new process: Resource temporarily unavailable\n\0"
        )
        peer.close()

        assert finish(question) == NoReply(Silence.CUT, str(at[0]))


def test_silence_has_no_outcome(server: Server, tmp_path: Path) -> None:
    with listener(tmp_path):
        question = probe.Question(
            [Address(1, host=str(tmp_path))], login(server), "template1"
        )

        assert finish(question, 0.2) is None
        question.close()


def test_a_full_queue_is_told_apart(server: Server) -> None:
    pid = server.start_plain()
    os.kill(pid, signal.SIGSTOP)
    questions = []
    try:
        for _ in range(1000):
            questions.append(probe.Question(local(server), login(server), "template1"))
            if finish(questions[-1], 0) is not None or questions[-1].fileno() is None:
                break
            outcome = finish(questions[-1], 0.001)
            if outcome is not None:
                break
        got = finish(questions[-1], 1)
    finally:
        os.kill(pid, signal.SIGCONT)
        for question in questions:
            question.close()

    assert got == NoReply(Silence.EAGAIN, str(local(server)[0]))


def test_what_keeps_out_every_connection(server: Server) -> None:
    server.start_plain()
    server.ask("alter database template1 is_template false", "postgres")
    server.ask("alter database template1 allow_connections false", "postgres")

    assert ask(server) == ErrorReply("55000")
    assert ask(server, database="postgres") == Row()


def test_a_database_that_does_not_exist(server: Server) -> None:
    server.start_plain()

    assert ask(server, database="nosuch") == ErrorReply("3D000")


def test_a_missing_library(server: Server) -> None:
    server.start_plain()
    server.ask("alter database template1 set session_preload_libraries = 'nosuch'")

    assert ask(server) == ErrorReply("58P01")
    assert ask(server, database="postgres") == Row()


def test_too_many_connections(make_server: MakeServer) -> None:
    server = configured(
        make_server,
        max_connections=3,
        superuser_reserved_connections=0,
        max_wal_senders=0,
    )
    server.start_plain()
    held = []
    for _ in range(3):
        question = probe.Question(local(server), login(server), "postgres")
        assert finish(question) == Row()
        held.append(question)
    try:
        assert ask(server) == ErrorReply("53300")
    finally:
        for question in held:
            question.close()


def test_login_refused(server: Server) -> None:
    (server.data / "pg_hba.conf").write_text("local all all reject\n")
    pid = server.launch()
    wait_until(lambda: server.status_line() == "ready" or gone(pid), "ready")

    assert ask(server) == ErrorReply("28000")


def with_password(server: Server, home: Path, stored: str | None) -> probe.Login:
    """Have the server want a password, and keep *stored* in .pgpass."""
    server.start_plain()
    server.ask("create role probe login password 'right'")
    (server.data / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    server.stop()
    pid = server.launch()
    wait_until(lambda: server.status_line() == "ready" or gone(pid), "ready")
    if stored is not None:
        passfile = home / ".pgpass"
        passfile.write_text(f"*:*:template1:probe:{stored}\n")
        passfile.chmod(0o600)
    return login(server, str(home), "probe")


def test_the_right_password(server: Server, tmp_path: Path) -> None:
    as_whom = with_password(server, tmp_path, "right")

    assert ask(server, as_whom=as_whom) == Row()


def test_a_wrong_password(server: Server, tmp_path: Path) -> None:
    as_whom = with_password(server, tmp_path, "wrong")

    assert ask(server, as_whom=as_whom) == ErrorReply("28P01")


def test_no_password(server: Server, tmp_path: Path) -> None:
    as_whom = with_password(server, tmp_path, None)

    assert ask(server, as_whom=as_whom) == PasswordAsked()


def test_a_standby_that_lets_nobody_in(make_server: MakeServer) -> None:
    server = configured(make_server, hot_standby="off", restore_command="false")
    (server.data / "standby.signal").touch()
    server.user.own(server.data / "standby.signal")
    pid = server.launch()
    wait_until(lambda: server.status_line() == "standby" or gone(pid), "standby")

    assert ask(server) == ErrorReply("57P03")
    found = pidfile.read(str(server.data))
    assert found is not None
    assert found.status == pidfile.STANDBY


def test_a_server_that_is_being_stopped(server: Server) -> None:
    pid = server.start_plain()
    held = probe.Question(local(server), login(server), "postgres")
    assert finish(held) == Row()

    kill(pid, signal.SIGTERM)
    wait_until(lambda: server.status_line() == "stopping", "stopping")

    assert ask(server) == ErrorReply("57P03")
    held.close()


@pytest.fixture(scope="session")
def japanese() -> str:
    """A locale in which the server's messages are translated."""
    name = "ja_JP.UTF-8"
    there = subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout
    if "ja_JP.utf8" in there:
        return name
    made = subprocess.run(
        ["localedef", "-i", "ja_JP", "-f", "UTF-8", name], capture_output=True
    )
    if made.returncode not in (0, 1) or os.geteuid() != 0:
        pytest.skip("locale ja_JP.UTF-8 is not there and cannot be made")
    return name


@pytest.mark.one_postgres("nls")
def test_codes_do_not_depend_on_the_language(
    make_server: MakeServer, japanese: str, tmp_path: Path
) -> None:
    server = configured(make_server, lc_messages=japanese)
    server.start_plain()
    server.ask("alter database template1 is_template false", "postgres")
    server.ask("alter database template1 allow_connections false", "postgres")
    server.ask("create role nobody_else", "postgres")

    assert ask(server) == ErrorReply("55000")
    assert ask(server, database="nosuch") == ErrorReply("3D000")
    assert ask(server, as_whom=login(server, user="nosuch")) == ErrorReply("28000")
    assert ask(server, as_whom=login(server, user="nobody_else")) == ErrorReply("28000")
    assert any(ord(letter) > 0x3000 for letter in server.log())


@pytest.mark.one_postgres("nls")
def test_a_japanese_server_that_is_being_stopped(
    make_server: MakeServer, japanese: str
) -> None:
    server = configured(make_server, lc_messages=japanese)
    pid = server.start_plain()
    held = probe.Question(local(server), login(server), "postgres")
    assert finish(held) == Row()

    kill(pid, signal.SIGTERM)
    wait_until(lambda: server.status_line() == "stopping", "stopping")

    assert ask(server) == ErrorReply("57P03")
    held.close()


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
    probe.set_up()

    assert ask(server) == Row()


SCRIPT = """
import sys, select
from psycopg import pq
from pgx_agent.postgres import probe
from pgx_agent.postgres.addresses import Address
assert pq.__impl__ == "python", pq.__impl__
probe.set_up()
at = [Address(int(sys.argv[2]), host=sys.argv[1])]
q = probe.Question(at, probe.Login(sys.argv[3], "/"), "nosuch")
while (fd := q.fileno()) is not None:
    poll = select.poll()
    poll.register(fd, q.events)
    poll.poll(5000)
    q.advance()
print(q.advance())
"""


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
