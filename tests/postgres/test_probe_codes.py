"""One question to a real server: every error code that the probe's table names."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_postgres import pidfile
from pgx_postgres.probe.login import Login
from pgx_postgres.probe.question import Question, set_up
from pgx_postgres.watch.classify import ErrorReply, PasswordAsked, Row
from tests.fix_postgres import MakeServer
from tests.postgres.adopted import start
from tests.postgres.asking import ask, configured, finish, local, login

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def ready() -> None:
    set_up()


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
    start(server)  # nobody has asked it: that one might not have left yet
    held = []
    for _ in range(3):
        question = Question(local(server), login(server), "postgres")
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


def with_password(server: Server, home: Path, stored: str | None) -> Login:
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

    got = ask(server, as_whom=as_whom)
    assert isinstance(got, PasswordAsked)
    assert got.line.startswith(f"{server.sockets}:{server.port}:template1:probe")


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
    _says_so_while_it_is_stopped(server)


def _says_so_while_it_is_stopped(server: Server) -> None:
    """A client holds the smart shutdown up."""
    pid = server.start_plain()
    held = Question(local(server), login(server), "postgres")
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
    _says_so_while_it_is_stopped(configured(make_server, lc_messages=japanese))
