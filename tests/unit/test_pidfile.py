"""postmaster.pid, whole, half-written and garbled."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgx_postgres.pidfile import Garbled, NoFile, PidFile, parse, read

WHOLE = b"""\
4711
/pgdata/pg1
1700000000
5432
/var/run/postgresql
*
  5432001     32768
ready\x20\x20
"""


def test_a_whole_file() -> None:
    assert parse(WHOLE) == PidFile(
        4711,
        "/pgdata/pg1",
        1700000000,
        5432,
        "/var/run/postgresql",
        "*",
        32768,
        "ready",
    )


def test_every_prefix_of_it_can_be_read() -> None:
    for length in range(1, len(WHOLE)):
        assert parse(WHOLE[:length]).pid in (4, 47, 471, 4711)


def test_what_is_not_there_yet_is_none() -> None:
    assert parse(b"4711\n/pgdata/pg1\n1700000000\n5432\n") == PidFile(
        4711, "/pgdata/pg1", 1700000000, 5432, "", None, None, None
    )


def test_a_standalone_backend() -> None:
    assert parse(b"-4711\n/pgdata/pg1\n").pid == -4711


def test_no_socket_and_no_shared_memory() -> None:
    got = parse(b"1\n/d\n1\n5432\n\n\n\nstarting\n")

    assert (got.socket_directory, got.listen_address, got.shmid) == ("", "", None)
    assert got.status == "starting"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"0\n",
        b"x\n",
        b"\xff\xfe",
        b"\0" * 8192,
        b"\0004711\n",
        b"-\n",
        b"- 4711\n",
        "４\n".encode(),
        b"9" * 40,
    ],
)
def test_garbled(data: bytes) -> None:
    with pytest.raises(Garbled):
        parse(data)


@pytest.mark.parametrize(
    ("data", "pid"),
    [
        (b"12a\n", 12),
        (b"1_0\n", 1),
        (b"4711garbage\xff\0more\n", 4711),
        (b"\n \t4711\n", 4711),
        (b"-4711x\n", -4711),
        (b"+4711\n", 4711),
    ],
)
def test_a_pid_is_what_postgresql_takes_for_one(data: bytes, pid: int) -> None:
    assert parse(data).pid == pid


def test_reading(tmp_path: Path) -> None:
    assert read(str(tmp_path)) is None

    (tmp_path / "postmaster.pid").write_bytes(WHOLE)

    assert read(str(tmp_path)) == parse(WHOLE)


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(WHOLE)
    (tmp_path / "postmaster.pid").symlink_to("other")

    with pytest.raises(NoFile, match="symbolic link"):
        read(str(tmp_path))


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "postmaster.pid")

    with pytest.raises(Garbled):
        read(str(tmp_path))
