"""The error code in a terse message of libpq."""

from __future__ import annotations

import pytest

from pgx_postgres.probe.sqlstate import loaded_libpq, parse


@pytest.mark.parametrize(
    ("message", "want"),
    [
        (
            b'connection to server on socket "/tmp/.s.PGSQL.1" failed: FATAL:  28000\n',
            "28000",
        ),
        ("接続に失敗しました: 致命的エラー:  57P03\n".encode(), "57P03"),
        (
            b'failed: FATAL:  28P01\npassword retrieved from file "/home/x/.pgpass"\n',
            "28P01",
        ),
        (b"failed: FATAL:  28000\nfailed: FATAL:  3D000\n", "3D000"),
        (b"", None),
        (b"failed: Connection refused\n\tIs the server running?\n", None),
        (b"server closed the connection unexpectedly", None),
        (b"could not fork new process for connection: error 12345", None),
        (b'could not open file "X:  ABCDE"', None),
        (b"FATAL:  abcde", None),
    ],
)
def test_parse(message: bytes, want: str | None) -> None:
    assert parse(message) == want


MAPS = """\
7f00-7f01 r-xp 00000000 08:01 1                          /usr/lib/libc.so.6
7f02-7f03 r-xp 00000000 08:01 2                          /v e/psycopg_binary.libs/libpq-e9b5.so.5.18
7f04-7f05 rw-p 00000000 00:00 0
"""


def test_the_libpq_that_is_loaded() -> None:
    assert loaded_libpq(MAPS) == "/v e/psycopg_binary.libs/libpq-e9b5.so.5.18"
    assert loaded_libpq("7f00-7f01 r-xp 0 08:01 3 /usr/lib/libpq.so.5.15\n") == (
        "/usr/lib/libpq.so.5.15"
    )


def test_no_libpq() -> None:
    assert (
        loaded_libpq("7f00-7f01 r-xp 0 08:01 3 /usr/lib/libpqwalreceiver.so\n") is None
    )
    assert loaded_libpq("") is None
