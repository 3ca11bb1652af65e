"""Which line of .pgpass lets the monitor in: the address's own, then localhost's."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.processes import gone, wait_until
from fixtures.server import Server
from pgx_postgres.probe.addresses import Address
from pgx_postgres.probe.question import set_up
from pgx_postgres.watch.classify import (
    Circumstances,
    ErrorReply,
    Outcome,
    PasswordAsked,
    Row,
    is_login,
    meaning,
)
from pgx_postgres.watch.watched import Failed
from tests.fix_postgres import MakeServer
from tests.postgres.asking import ask, local, login

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]


@pytest.fixture(autouse=True)
def ready() -> None:
    set_up()


@pytest.fixture
def wanting(make_server: MakeServer) -> Server:
    """A server that asks the role `probe` for its password, at a socket and by TCP."""
    server = make_server()
    server.configure(listen_addresses="127.0.0.1,::1")
    server.start_plain()
    server.ask("create role probe login password 'right'")
    (server.data / "pg_hba.conf").write_text(
        "local all all scram-sha-256\nhost all all all scram-sha-256\n"
    )
    server.stop()
    pid = server.launch()
    wait_until(lambda: server.status_line() == "ready" or gone(pid), "ready")
    return server


def asked(server: Server, home: Path, at: Address, *hosts: str) -> Outcome | None:
    """Return what comes of a .pgpass with a line for each of *hosts* (host or host=word)."""
    lines = []
    for host in hosts:
        name, _, word = host.partition("=")
        lines.append(f"{name}:{server.port}:*:probe:{word or 'right'}\n")
    (home / ".pgpass").write_text("".join(lines))
    (home / ".pgpass").chmod(0o600)
    return ask(server, at=[at], as_whom=login(server, str(home), "probe"))


def places(server: Server) -> dict[str, Address]:
    return {
        "socket": local(server)[0],
        "tcp": Address(server.port, hostaddr="127.0.0.1"),
        "tcp6": Address(server.port, hostaddr="::1"),
    }


@pytest.mark.parametrize("kind", ["socket", "tcp", "tcp6"])
def test_the_addresss_own_line_and_localhosts_do(
    wanting: Server, tmp_path: Path, kind: str
) -> None:
    at = places(wanting)[kind]
    own = at.host or at.hostaddr.replace(":", "\\:")

    assert asked(wanting, tmp_path, at, own) == Row()
    assert asked(wanting, tmp_path, at, "localhost") == Row()
    assert asked(wanting, tmp_path, at, "localhost=wrong", own) == Row()


@pytest.mark.parametrize("kind", ["socket", "tcp"])
def test_localhosts_line_counts_only_where_there_is_no_other(
    wanting: Server, tmp_path: Path, kind: str
) -> None:
    at = places(wanting)[kind]
    own = at.host or at.hostaddr

    got = asked(wanting, tmp_path, at, f"{own}=wrong", "localhost")
    assert got == ErrorReply("28P01")


@pytest.mark.parametrize("kind", ["socket", "tcp"])
def test_without_a_line_the_one_that_is_looked_for_is_named(
    wanting: Server, tmp_path: Path, kind: str
) -> None:
    at = places(wanting)[kind]
    got = asked(wanting, tmp_path, at, "elsewhere")

    assert isinstance(got, PasswordAsked)
    assert is_login(got)
    event = meaning(got, 1, "template1", Circumstances())
    assert isinstance(event, Failed)
    own = at.host or at.hostaddr
    line = f"{own}:{wanting.port}:template1:probe"
    assert f".pgpass has no line for {line}, nor with localhost" in event.reason
    assert "right" not in event.reason
