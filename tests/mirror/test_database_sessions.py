"""Which way lets us in, with which password, and what is said where none does."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.processes import kill, wait_until
from fixtures.server import Server
from pgx_mirror.database.access import REMOTE, Access
from pgx_mirror.database.opening import open_session
from pgx_mirror.database.trouble import Lost, Refused, TooLate
from pgx_mirror.setup.session import More, ask_more
from pgx_mirror.setup.source import Source
from pgx_postgres.probe.addresses import Address
from pgx_postgres.probe.question import set_up
from pgx_postgres.watch.classify import ErrorReply, Row
from tests.fix_pair import NAME, access, at_loopback, at_socket, freeze
from tests.fix_sessions import Connect
from tests.postgres.asking import ask

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]

# The manual's 6.x: a line for 127.0.0.1, with a password; nobody is let in at the socket.
HBA = "local all probe reject\nlocal all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


@pytest.fixture
def closed(server: Server) -> Server:
    server.start_plain()
    server.ask("create role probe login superuser password 'right'")
    (server.data / "pg_hba.conf").write_text(HBA)
    kill(server.pid() or 0, signal.SIGHUP)
    as_probe = ("-U", "probe", "-d", "postgres", "-c", "select 1")
    wait_until(lambda: server.psql(*as_probe).returncode, "the socket is closed to it")
    return server


@pytest.fixture
def both_ways(closed: Server) -> Callable[..., Access]:
    def make(**login: str) -> Access:
        ways = (at_socket(closed), at_loopback(closed))
        return access(closed, *ways, user="probe", **login)

    return make


def test_the_next_address_is_tried_where_a_login_is_refused(
    closed: Server, both_ways: Callable[..., Access]
) -> None:
    with open_session(both_ways(password="right"), 30) as session:
        assert session.address == at_loopback(closed)
        assert session.is_superuser
        shown = "show application_name; select session_user"
        assert session.ask(shown, 30) == [[("mc_agent",)], [("probe",)]]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_pgpass_has_the_password_where_the_configuration_has_none(
    closed: Server, both_ways: Callable[..., Access], tmp_path: Path, host: str
) -> None:
    line = tmp_path / ".pgpass"
    line.write_text(f"{host}:{closed.port}:postgres:probe:right\n")
    line.chmod(0o600)

    with open_session(both_ways(home=str(tmp_path)), 30) as session:
        assert session.address == at_loopback(closed)


def test_a_wrong_password_is_named(both_ways: Callable[..., Access]) -> None:
    with pytest.raises(Refused, match="SQLSTATE 28P01") as refused:
        open_session(both_ways(password="wrong"), 30)

    assert refused.value.sqlstate == "28P01"
    assert "wrong" not in repr(both_ways(password="wrong"))


def test_a_password_that_nobody_knows_is_named(
    both_ways: Callable[..., Access],
) -> None:
    with pytest.raises(Refused, match=r"nor in \.pgpass \(127\.0\.0\.1:") as refused:
        open_session(both_ways(), 30)

    assert refused.value.sqlstate == "28P01"


def test_the_watch_asks_with_the_same_password(closed: Server) -> None:
    set_up()
    right = access(closed, user="probe", password="right").login
    wrong = access(closed, user="probe", password="wrong").login

    assert ask(closed, [at_loopback(closed)], as_whom=right) == Row()
    assert ask(closed, [at_loopback(closed)], as_whom=wrong) == ErrorReply("28P01")


def test_a_role_that_is_no_superuser_is_told(server: Server) -> None:
    server.start_plain()
    server.ask("create role plain login")

    with open_session(access(server, user="plain"), 30) as session:
        assert not session.is_superuser


def test_no_setting_of_a_role_or_database_holds_for_us(server: Server) -> None:
    server.start_plain()
    for name, value in {
        "synchronous_commit": "off",
        "statement_timeout": "50ms",
        "default_transaction_read_only": "on",
    }.items():
        server.ask(f"alter role {server.user.name} set {name} = '{value}'", "postgres")

    with open_session(access(server), 30, commit=REMOTE) as session:
        shown = "show synchronous_commit; show default_transaction_read_only"
        assert session.ask(shown, 30) == [[("on",)], [("off",)]]
        session.ask("select pg_sleep(0.1)", 30)


def test_an_error_keeps_its_code_and_the_session(server: Server) -> None:
    server.start_plain()
    with open_session(access(server), 30) as session:
        with pytest.raises(Refused) as refused:
            session.ask("select 1; select 1/0", 30)
        assert refused.value.sqlstate == "22012"
        assert session.ask("select 1", 30) == [[("1",)]]


def test_an_answer_that_is_late_can_still_be_taken(
    server: Server, connect: Connect
) -> None:
    server.start_plain()
    holder = connect(server)
    holder.execute("select pg_advisory_lock(1)")
    with open_session(access(server), 30) as session:
        session.send("select pg_advisory_lock(1)")
        assert session.take() is None
        holder.execute("select pg_advisory_unlock(1)")
        assert session.take(30) == [[("",)]]
        with pytest.raises(TooLate):
            session.ask("select pg_sleep(60)", 0.1)


def test_a_session_that_the_server_ends_is_lost_or_refused(server: Server) -> None:
    server.start_plain()
    with open_session(access(server), 30) as session:
        server.stop(signal.SIGQUIT)
        with pytest.raises((Lost, Refused)):
            session.ask("select 1", 30)


def test_a_full_queue_is_waited_for(server: Server, connect: Connect) -> None:
    server.start_plain()
    thaw = freeze(server)
    late = []
    for _ in range(3):
        with pytest.raises(TooLate):
            open_session(access(server), 0.1)
        late.append(True)
    thaw()

    with open_session(access(server), 30) as session:
        assert session.ask("select 1", 30) == [[("1",)]]
    assert len(late) == 3


def test_nobody_there_is_lost_and_says_where(server: Server) -> None:
    nobody = access(server, at_socket(server), Address(server.port, hostaddr="::1"))

    with pytest.raises(Lost, match=r"refused|no socket"):
        open_session(nobody, 30)
    with pytest.raises(Lost, match="listens nowhere"):
        open_session(Access((), nobody.login), 30)


ODD = (
    "create schema odd",
    "create function odd.pg_is_in_recovery() returns bool language sql as 'select true'",
    "create table odd.pg_tablespace as select 1 as oid, 'x' as spcname",
    "create function odd.pg_tablespace_location(int) returns text"
    " language sql as $$select text '/'$$",
    "alter database postgres set search_path = odd, pg_catalog",
    "alter database postgres set client_min_messages = error",
)


def test_what_a_databases_owner_has_set_changes_no_answer(server: Server) -> None:
    """He need be no superuser, and a superuser's session would run functions of his."""
    server.start_plain()
    for statement in ODD:
        server.ask(statement, "postgres")
    here = (str(server.sockets), str(server.port), server.user.name, NAME)

    with open_session(access(server), 30) as session:
        assert session.ask("select pg_is_in_recovery()", 30) == [[("f",)]]
        session.ask("do $$begin raise warning 'heed this'; end$$", 30)
        assert session.warnings == ["01000"]
    source = Source(*here, bin_dir=str(server.binaries.directory))
    assert ask_more(source, "postgres") == More()
