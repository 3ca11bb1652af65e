"""pgx_walcopy.cmd killed at each of its calls, each of which fails, and two at a time."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pgx_mirror.backup import walcopy
from tests.backup.copying import NAME, Archiving, segment
from tests.mirror.struck import KILLED, Struck


@pytest.fixture
def struck(archiving: Archiving, tmp_path: Path) -> Iterator[Struck]:
    """A child that archives, in the data directory."""
    here = Path.cwd()
    os.chdir(archiving.data)
    target = str(archiving.archive / NAME)
    action = partial(_archive, f"pg_wal/{NAME}", target)
    yield Struck(action, tmp_path / "log", archiving.user)
    os.chdir(here)


def _archive(source: str, target: str) -> None:
    """Archive; what fails is an error as `Struck` knows it."""
    try:
        walcopy.archive(source, target)
    except walcopy.NotArchived as ex:
        raise OSError(0, ex.word) from ex


def _prepare(archiving: Archiving) -> None:
    for path in archiving.archive.iterdir():
        path.unlink()
    archiving.put(segment())


def test_killed_at_each_call_it_is_whole_or_not_there(
    archiving: Archiving, struck: Struck
) -> None:
    seen = []
    for where, how in struck.everywhere(KILLED, lambda: _prepare(archiving)):
        assert how == "", where
        there = archiving.there()
        named = {name: text for name, text in there.items() if not name.startswith(".")}
        assert named in ({}, {NAME: segment()}), where
        seen.append(named)

        assert struck.run() == "done", where
        assert archiving.there() == {NAME: segment()}, where
    assert {} in seen
    assert {NAME: segment()} in seen


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_each_call_that_fails_is_told_and_tried_again(
    archiving: Archiving, struck: Struck, error: str
) -> None:
    """Nothing is left beside; and what could not be synced is not called archived."""
    for where, how in struck.everywhere(f"error={error}", lambda: _prepare(archiving)):
        if not where.startswith("unlink"):  # what is left is removed by the next call
            assert how == "OSError 0", where
            assert set(archiving.there()) <= {NAME}, where
        assert struck.run() == "done", where
        assert archiving.there() == {NAME: segment()}, where


def test_a_file_that_was_found_is_synced_before_it_counts(
    archiving: Archiving, struck: Struck
) -> None:
    """Whoever has put it there may have been killed before it did."""
    archiving.put(segment())
    archiving.lay(segment())

    for number in (1, 2):
        assert struck.run(f"fsync:error=EIO:when={number}") == "OSError 0"
        assert archiving.there() == {NAME: segment()}


@pytest.mark.parametrize("alike", [True, False])
def test_two_servers_at_once_leave_one_whole_file(
    archiving: Archiving, alike: bool
) -> None:
    """Of equal content both are done; of different content one is refused."""
    home = archiving.data.parent
    other = Archiving(home / "other", archiving.archive, archiving.user)
    archiving.archive.rmdir()
    other.make()
    contents = [segment(), segment() if alike else segment(b"y")]
    for one, content in zip((archiving, other), contents, strict=True):
        one.put(content)
    for _ in range(10):
        calls = [_begin(one) for one in (archiving, other) * 2]
        codes = [call.wait(60) for call in calls]
        there = archiving.there()
        (archiving.archive / NAME).unlink()

        assert set(there) == {NAME}
        assert there[NAME] in contents
        assert set(codes) <= {0, 1}
        assert 0 in codes


def _begin(one: Archiving) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        one.words(), cwd=one.data, stderr=subprocess.DEVNULL, **one.user.popen_options()
    )
