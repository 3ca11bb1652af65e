"""What the scribe writes: the very bytes, and only while the record is ours to write."""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

import pytest

from pgx_agent.monitor.writing.keeper import Keeper, Superseded
from pgx_base import locks, proc
from pgx_pclrsc import record
from pgx_pclrsc.core import names
from pgx_pclrsc.record import Record


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    lock = os.open(tmp_path / names.MONITOR_LOCK, os.O_RDWR | os.O_CREAT)
    kept = Record("g", proc.boot_id(), record.STARTING)
    ours = Keeper(str(tmp_path), os.open(tmp_path, os.O_RDONLY), lock, kept)
    ours.write()
    return ours


def line(state: str, generation: str = "g") -> bytes:
    return record.encode(Record(generation, proc.boot_id(), state, reason="why"))


def test_the_very_bytes_are_written(keeper: Keeper, tmp_path: Path) -> None:
    keeper.put(line(record.ONLINE), final=False)

    assert (tmp_path / names.RECORD).read_bytes() == line(record.ONLINE)


def test_without_its_lock_file_nothing_is_written(
    keeper: Keeper, tmp_path: Path
) -> None:
    before = (tmp_path / names.RECORD).read_bytes()
    (tmp_path / names.MONITOR_LOCK).unlink()

    with pytest.raises(Superseded):
        keeper.put(line(record.ONLINE), final=False)
    assert (tmp_path / names.RECORD).read_bytes() == before


def test_what_is_final_is_written_without_it(keeper: Keeper, tmp_path: Path) -> None:
    (tmp_path / names.MONITOR_LOCK).unlink()

    with pytest.raises(Superseded):
        keeper.put(line(record.FAULTED), final=True)
    assert (tmp_path / names.RECORD).read_bytes() == line(record.FAULTED)


@pytest.mark.parametrize("final", [False, True])
def test_a_record_of_another_generation_stays(
    keeper: Keeper, tmp_path: Path, final: bool
) -> None:
    theirs = line(record.ONLINE, generation="theirs")
    (tmp_path / names.RECORD).write_bytes(theirs)

    with pytest.raises(Superseded):
        keeper.put(line(record.FAULTED), final=final)
    assert (tmp_path / names.RECORD).read_bytes() == theirs


def said(tmp_path: Path, first: int) -> tuple[int, int] | None:
    other = os.open(tmp_path / names.MONITOR_LOCK, os.O_RDONLY)
    try:
        return locks.said(other, first)
    finally:
        os.close(other)


def test_what_is_written_is_said_by_the_lock_too(
    keeper: Keeper, tmp_path: Path
) -> None:
    """Online of which postmaster, and then Faulted; nothing before it has answered."""
    assert said(tmp_path, locks.ONLINE_IS) is None
    written = Record("g", proc.boot_id(), record.STARTING, postmaster=7, start=1 << 38)
    keeper.put(record.encode(written), final=False)
    assert said(tmp_path, locks.ONLINE_IS) is None

    written.state = record.ONLINE
    keeper.put(record.encode(written), final=False)
    assert said(tmp_path, locks.ONLINE_IS) == (7, 1 << 38)
    assert said(tmp_path, locks.FAULTED_IS) is None

    written.state = record.FAULTED
    keeper.put(record.encode(written), final=True)
    assert said(tmp_path, locks.FAULTED_IS) == (7, 1 << 38)


@pytest.mark.parametrize(
    ("state", "first"),
    [(record.ONLINE, locks.ONLINE_IS), (record.FAULTED, locks.FAULTED_IS)],
)
def test_who_takes_over_says_at_once_what_the_record_says(
    tmp_path: Path, state: str, first: int
) -> None:
    lock = os.open(tmp_path / names.MONITOR_LOCK, os.O_RDWR | os.O_CREAT)
    kept = Record("g", proc.boot_id(), state, postmaster=7, start=8)
    Keeper(str(tmp_path), os.open(tmp_path, os.O_RDONLY), lock, kept).write()

    assert said(tmp_path, first) == (7, 8)


def test_a_lock_of_the_whole_file_says_nothing(tmp_path: Path) -> None:
    lock = os.open(tmp_path / names.MONITOR_LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.fcntl(lock, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))

    assert said(tmp_path, locks.ONLINE_IS) is None
