"""A message reaches the system log as the manual's 7.5 has it, and is never waited for."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pgx_base import system_log
from pgx_mirror.messages import disk, pair, peer
from pgx_mirror.messages.message import Message
from pgx_mirror.messages.sending import Log, log


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A system log: what it does not read stays in its queue."""
    address = str(tmp_path / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(address)
        heard.settimeout(60)
        monkeypatch.setattr(system_log, "ADDRESS", address)
        yield heard


def test_the_line_is_the_manuals(system: socket.socket) -> None:
    assert log("MirroringControllerOpen", "LOCAL0", pair.PROMOTED)

    want = f"MirroringControllerOpen[{os.getpid()}]: LOG: promotion processing completed (MCA00062)"
    assert system.recv(2048) == f"<{16 * 8 + 6}>{want}".encode()


@pytest.mark.parametrize(
    ("facility", "message", "priority"),
    [
        ("LOCAL7", pair.NOBODY_SERVES, 23 * 8 + 1),  # PANIC is ALERT
        ("LOCAL7", disk.FAILED, 23 * 8 + 2),  # FATAL is CRIT
        ("LOCAL1", peer.NO_RESPONSE, 17 * 8 + 3),
        ("LOCAL1", peer.CLOCK, 17 * 8 + 4),
        ("LOCAL0", pair.DETACHED, 16 * 8 + 5),
    ],
)
def test_the_types_have_the_severities_of_table_7_1(
    system: socket.socket, facility: str, message: Message, priority: int
) -> None:
    log("x", facility, message, server="s")

    assert system.recv(2048).startswith(f"<{priority}>x[".encode())


def test_a_name_with_a_newline_in_it_is_one_line(system: socket.socket) -> None:
    log("x", "LOCAL0", peer.LOST, server="a\n<1>b\0", reason="\x1b[31m")

    assert b"\n" not in (line := system.recv(2048))
    assert rb'server "a\n<1>b\x00" was lost: \x1b[31m (PGX00102)' in line


def test_a_system_log_that_hangs_or_is_away_holds_nothing_up(
    system: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads: the queue fills, and the next is refused instead of waited for."""
    taken = [log("x", "LOCAL0", pair.COMMITS_PASS) for _ in range(1000)]

    assert taken[0]
    assert not taken[-1]
    system.setblocking(False)
    for _ in range(sum(taken)):
        system.recv(2048)
    assert log("x", "LOCAL0", pair.COMMITS_PASS)

    monkeypatch.setattr(system_log, "ADDRESS", str(tmp_path / "nobody"))
    assert not log("x", "LOCAL0", pair.COMMITS_PASS)


def test_what_was_lost_is_counted_and_told_as_soon_as_somebody_reads(
    system: socket.socket,
) -> None:
    told = Log("x", "LOCAL0")
    for _ in range(1000):
        told.say(pair.COMMITS_PASS)
    system.setblocking(False)
    taken = len(drained(system))
    told.turn(1.0)
    (line,) = drained(system)
    assert f"{1000 - taken} messages were lost" in line
    told.turn(3.0)
    told.say(pair.COMMITS_PASS)
    (line,) = drained(system)
    assert pair.COMMITS_PASS.number in line


def test_how_many_were_lost_comes_before_what_is_told_next(
    system: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Log("x", "LOCAL0")
    there = system_log.ADDRESS
    monkeypatch.setattr(system_log, "ADDRESS", str(tmp_path / "nobody"))
    told.say(pair.COMMITS_PASS)
    told.turn(1.0)
    monkeypatch.setattr(system_log, "ADDRESS", there)
    told.say(pair.DETACHED, server="b")
    system.setblocking(False)

    first, second = drained(system)
    assert "1 messages were lost" in first
    assert pair.DETACHED.number in second


def drained(system: socket.socket) -> list[str]:
    found = []
    with suppress(BlockingIOError):
        while True:
            found.append(system.recv(2048).decode())
    return found
