"""A child tries the data directory's disk, one at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgx_agent.monitor.seeing import disk
from pgx_base import locks


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine keeps the child that tries waiting, and it is no disk that hangs."""
    monkeypatch.setattr(disk, "_PATIENCE", 60.0)


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path / "monitor.lock", os.O_RDWR | os.O_CREAT)
    yield fd
    os.close(fd)


def test_files_that_can_be_opened(tmp_path: Path, lock: int) -> None:
    (tmp_path / "PG_VERSION").write_text("15\n")
    (tmp_path / "postmaster.pid").write_text("1\n")

    assert disk.answers(str(tmp_path), lock)
    assert disk.answers(str(tmp_path), lock)


def test_files_that_are_not_there_are_an_answer(tmp_path: Path, lock: int) -> None:
    assert disk.answers(str(tmp_path / "nosuch"), lock)


def test_one_that_still_waits_is_not_joined_by_another(
    tmp_path: Path, lock: int
) -> None:
    waiting = os.open(tmp_path / "monitor.lock", os.O_RDWR)
    assert locks.take(waiting, disk.TRIED)

    assert not disk.answers(str(tmp_path), lock)

    os.close(waiting)
    assert disk.answers(str(tmp_path), lock)
