"""What the two servers do not have in common is told by name, and keeps a pair from forming."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from pgx_mirror.conf import network
from pgx_mirror.controller import differing
from pgx_mirror.core.facts import Facts, Terms
from pgx_mirror.core.known.joining import why_not
from pgx_mirror.core.mark import ALONE, NEW, Mark
from pgx_mirror.core.report import UP, Report
from pgx_mirror.messages.message import words
from pgx_mirror.peer.hello import DESTINATION, Hello, differences
from pgx_postgres import control
from tests.mirror.reports import REPORTS

NETWORK, _ = network.read(b"server1 192.0.2.1 26540\nserver2 192.0.2.2 26540\n")
assert NETWORK is not None
FACTS = differing.facts("7000", 15, (8192, 8192)) | {differing.PREFIX: "/a"}
MINE = Hello("server1", "first", NETWORK.meaning, FACTS)


def told(theirs: Hello) -> list[str]:
    assert NETWORK is not None
    found = differences(MINE, theirs)
    return [
        words(message, given | {"server": "server2"})
        for message, given in differing.news(found, theirs, NETWORK)
    ]


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (differing.facts("7001", 15, (8192, 8192)), "system identifier 7001, this one 7000"),
        (differing.facts("7000", 16, (8192, 8192)), "PostgreSQL 16, this one 15"),
        (differing.facts("7000", 15, (4096, 8192)), "has block size 4096, this one 8192"),
        (differing.facts("7000", 15, (8192, 16384)), "WAL block size 16384, this one 8192"),
        (FACTS | {differing.PREFIX: "/b"}, 'etcd_prefix of server "server2" is /b, here it is /a'),
    ],
)  # fmt: skip
def test_both_values_are_named(facts: dict[str, str], text: str) -> None:
    (said,) = told(replace(MINE, server="server2", facts=facts))

    assert text in said
    assert said.startswith("ERROR: ")


def test_the_line_of_network_conf_is_named_once() -> None:
    other = network.read(b"server1 192.0.2.1 26540\nserver2 192.0.2.9 26541\n")[0]
    assert other is not None
    (said,) = told(replace(MINE, server="server2", network=other.meaning))

    assert "line 2 here means" in said
    assert "192.0.2.9 26541" in said


def test_a_clock_is_warned_of_and_keeps_nothing() -> None:
    theirs = replace(MINE, server="server2", clock=9.0)
    (said,) = told(theirs)

    assert said.startswith("WARNING: clock")
    assert differing.hindrances(differences(MINE, theirs)) == ()


@pytest.mark.parametrize(
    ("mine", "theirs", "text"),
    [("/a", "/b", "is /b, here it is /a"), ("/a", "", "is not set, here it is /a")],
)
def test_a_destination_of_backups_is_warned_of_and_keeps_nothing(
    mine: str, theirs: str, text: str
) -> None:
    one = replace(MINE, facts=FACTS | {DESTINATION: mine})
    other = replace(MINE, server="server2", facts=FACTS | {DESTINATION: theirs})
    found = differences(one, other)
    assert NETWORK is not None
    ((message, given),) = differing.news(found, other, NETWORK)

    said = words(message, given | {"server": "server2"})
    assert said.startswith("WARNING: backup_destination")
    assert text in said
    assert differing.hindrances(found) == ()
    # One of an earlier version tells nothing of it.
    assert differences(one, replace(other, facts=FACTS)) == []


def test_sizes_that_are_not_known_are_not_compared() -> None:
    unknown = differing.facts("7000", 15, (0, 0))

    assert differences(MINE, replace(MINE, facts=unknown)) == []


def test_a_difference_keeps_a_standby_from_being_joined() -> None:
    mark = Mark("server1", "g", "7000", 1, ALONE)
    theirs = replace(mark, owner="server2", state=NEW)
    facts = Facts(Terms("server1", "server2", "message", "i"), mark=mark)
    standby = Report("server2", "second", mark=theirs, standby=True, server=UP)
    standby = replace(standby, policy="message")
    another = replace(MINE, facts=differing.facts("7000", 15, (4096, 8192)))
    why = differing.hindrances(differences(MINE, another))

    limited = differing.with_hindrances(standby, why)
    assert why == ("its block size is another",)
    assert "its block size is another" in why_not(facts, limited, theirs)
    assert "block size" not in why_not(facts, standby, theirs)


@given(REPORTS)
def test_without_a_difference_a_report_is_as_it_was(report: Report) -> None:
    assert differing.with_hindrances(report, ()) == report


def test_block_sizes_are_read_from_pg_control(tmp_path: Path) -> None:
    sizes = struct.pack("=dIII", 1234567.0, 8192, 131072, 16384)
    (tmp_path / "global").mkdir()
    file = tmp_path / "global/pg_control"
    file.write_bytes(b"\1" * 200 + sizes + b"\0" * 50)
    assert control.read_blocks(str(tmp_path)) == (8192, 16384)

    file.write_bytes(b"\1" * 200 + sizes[:12])
    assert control.read_blocks(str(tmp_path)) == (0, 0)
    file.unlink()
    assert control.read_blocks(str(tmp_path)) == (0, 0)
