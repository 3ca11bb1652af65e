"""What mc_ctl list-leftovers lists, by files alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.command import leftovers
from pgx_mirror.command.leftovers import REMOVE
from pgx_postgres.included import Setting
from tests.fix_mcdir import Mcdir

CONF = b"""\
port = 5432
#synchronous_standby_names = ''
wal_sender_timeout = 5400ms
#synchronous_standby_names = 'node2'
"""


def test_settings_are_told_by_file_and_line() -> None:
    found = leftovers.of_settings(
        [
            Setting("postgresql.conf", 3, b"synchronous_standby_names", b"node2"),
            Setting("postgresql.conf", 4, b"shared_buffers", b"1GB"),
            Setting("more.conf", 1, b"max_connections", b"100"),
            Setting("postgresql.auto.conf", 2, b"primary_conninfo", b"password=x"),
        ]
    )
    assert [str(one) for one in found] == [
        "postgresql.conf, line 3: synchronous_standby_names: remove it",
        "more.conf, line 1: max_connections is 100: give it the value that it had before,"
        " or remove it",
        "postgresql.auto.conf, line 2: primary_conninfo: remove it, or"
        ' "ALTER SYSTEM RESET primary_conninfo" once the server runs',
    ]


def test_a_name_that_is_commented_out_is_told_and_initdbs_line_is_not() -> None:
    found = list(leftovers.of_comments("postgresql.conf", CONF))
    assert [one.place for one in found] == ["postgresql.conf, line 4"]


HBA = [
    ("host replication all 192.0.2.100/32 scram-sha-256", True),
    ("local all,replication all peer", True),
    ("host\tpostgres, replication  all 192.0.2.100/32 md5", True),
    ('host "replication" all 192.0.2.100/32 md5', False),
    ("host all replication 192.0.2.100/32 md5", False),
    ("# host replication all 192.0.2.100/32 md5", False),
    ("host all all 192.0.2.100/32 md5 # not replication", False),
    ("", False),
]


@pytest.mark.parametrize(("line", "is_listed"), HBA)
def test_lines_for_replication_are_told(line: str, is_listed: bool) -> None:
    found = list(leftovers.of_hba("pg_hba.conf", f"\n{line}\n"))
    assert [one.place for one in found] == ["pg_hba.conf, line 2"] * is_listed


@given(st.text())
def test_no_file_breaks_it(text: str) -> None:
    list(leftovers.of_hba("pg_hba.conf", text))
    list(leftovers.of_comments("postgresql.conf", text.encode("utf-8", "replace")))


def test_files_and_slots_of_a_pair_alone() -> None:
    names = ["base", "pgx_mirror.mark", "standby.signal", "pgx_mirror.reserve.mark"]
    assert [(one.place, one.do) for one in leftovers.of_directory(names)] == [
        ("pgx_mirror.mark", REMOVE),
        ("pgx_mirror.reserve.mark", REMOVE),
        ("standby.signal", REMOVE),
    ]
    (slot,) = leftovers.of_slots(["pgx_mirror_nd2", "mine"])
    assert slot.place == "replication slot pgx_mirror_nd2"
    assert "select pg_drop_replication_slot('pgx_mirror_nd2')" in slot.do


def test_a_data_directory_that_is_not_there_is_told(mcdir: Mcdir) -> None:
    refused = mcdir.of("nd1", "list-leftovers")
    assert refused.returncode == 1
    assert "could not look into data directory" in refused.stderr
