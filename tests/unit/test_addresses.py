"""Where a server listens, from /proc/net and from postmaster.pid."""

from __future__ import annotations

import pytest

from pgx_postgres.pidfile import PidFile
from pgx_postgres.probe.addresses import (
    Address,
    from_pidfile,
    numeric,
    parse_tcp,
    parse_unix,
)

UNIX = """\
0000000000000000: 00000002 00000000 00010000 0001 01 42 /run/pg/.s.PGSQL.5432
0000000000000000: 00000002 00000000 00010000 0001 01    43 /a b/.s.PGSQL.5433
0000000000000000: 00000002 00000000 00010000 0001 01 44 @name/.s.PGSQL.5434
0000000000000000: 00000002 00000000 00010000 0001 01 45 sub/.s.PGSQL.5435
0000000000000000: 00000003 00000000 00000000 0001 03 42 /run/pg/.s.PGSQL.5432
0000000000000000: 00000002 00000000 00010000 0001 01 99 /other/.s.PGSQL.5432
0000000000000000: 00000002 00000000 00010000 0001 01 46 /run/pg/not-a-server
0000000000000000: 00000003 00000000 00000000 0001 03 47
""".splitlines()

TCP = """\
   0: 00000000:1538 00000000:0000 0A 0:0 00:0 0 101 0 42 1 0
   1: 0100007F:1539 00000000:0000 0A 0:0 00:0 0 101 0 43 1 0
   2: 0100007F:1539 0100007F:D431 01 0:0 00:0 0 101 0 43 1 0
   3: 0A01A8C0:1538 00000000:0000 0A 0:0 00:0 0 101 0 99 1 0
""".splitlines()

TCP6 = """\
   0: 00000000000000000000000000000000:1538 0:0 0A 0:0 00:0 0 101 0 42 1
   1: 000080FE00000000FF565002BD69B1FE:1538 0:0 0A 0:0 00:0 0 101 0 43 1
   2: B80D0120000000000000000001000000:1538 0:0 0A 0:0 00:0 0 101 0 43 1
""".splitlines()


def test_local_sockets() -> None:
    got = parse_unix(UNIX, frozenset({"42", "43", "44", "45", "46", "47"}), "/d")

    assert got == [
        Address(5432, host="/run/pg"),
        Address(5433, host="/a b"),
        Address(5434, host="@name"),
        Address(5435, host="/d/sub"),
    ]


def test_tcp_sockets() -> None:
    assert parse_tcp(TCP, frozenset({"42", "43"})) == [
        Address(5432, hostaddr="127.0.0.1"),
        Address(5433, hostaddr="127.0.0.1"),
    ]


def test_tcp6_sockets_without_a_link_local_one() -> None:
    assert parse_tcp(TCP6, frozenset({"42", "43"})) == [
        Address(5432, hostaddr="::1"),
        Address(5432, hostaddr="2001:db8::1"),
    ]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("*", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104
        ("x.0.0.0", ""),
        ("::", "::1"),
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("localhost", ""),
        ("db.example.com", ""),
        ("", ""),
        ("1.2", ""),
    ],
)
def test_a_name_is_never_an_address(text: str, want: str) -> None:
    assert numeric(text) == want


def test_what_postmaster_pid_tells() -> None:
    found = PidFile(
        1, port=5432, socket_directory="sub", listen_address="db.example.com"
    )

    assert from_pidfile(found, "/d") == [Address(5432, host="/d/sub")]
    assert from_pidfile(PidFile(1), "/d") == []


def test_the_path_of_a_socket() -> None:
    assert Address(1, host="/d").socket_path == "/d/.s.PGSQL.1"
    assert Address(1, host="@d").socket_path == b"\0d/.s.PGSQL.1"
