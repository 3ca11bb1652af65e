"""standby.signal is there or is not, durably, and PostgreSQL looks in the same way."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pgx_mirror.data import signal_file
from tests.mirror.struck import KILLED, Struck

Change = Callable[[int], None]


def test_it_is_made_and_removed(where: Path, dir_fd: int) -> None:
    for _ in range(2):
        signal_file.create(dir_fd)
        assert signal_file.is_there(dir_fd)
        assert (where / "standby.signal").read_bytes() == b""
    for _ in range(2):
        signal_file.remove(dir_fd)
        assert not signal_file.is_there(dir_fd)


def test_a_link_counts_by_what_it_leads_to_and_is_not_written_through(
    where: Path, dir_fd: int
) -> None:
    (where / "standby.signal").symlink_to("target")
    assert not signal_file.is_there(dir_fd)
    with pytest.raises(OSError, match=r"standby\.signal"):
        signal_file.create(dir_fd)
    assert not (where / "target").exists()

    (where / "target").write_text("")
    assert signal_file.is_there(dir_fd)
    signal_file.remove(dir_fd)
    assert os.listdir(where) == ["target"]


@pytest.mark.parametrize("change", [signal_file.create, signal_file.remove])
def test_what_a_killed_run_has_left_is_made_sure(
    dir_fd: int, tmp_path: Path, change: Change
) -> None:
    struck = Struck(lambda: change(dir_fd), tmp_path / "log")

    for at, ended in struck.everywhere("error=EIO", lambda: change(dir_fd), syncs=1):
        assert ended.endswith(f" {errno.EIO}"), at


@pytest.mark.parametrize(
    ("change", "back", "there"),
    [
        (signal_file.create, signal_file.remove, True),
        (signal_file.remove, signal_file.create, False),
    ],
)
def test_killed_or_failed_it_is_there_or_not(
    dir_fd: int, tmp_path: Path, change: Change, back: Change, there: bool
) -> None:
    struck = Struck(lambda: change(dir_fd), tmp_path / "log")
    for fate in (KILLED, "error=EIO"):
        for at, ended in struck.everywhere(fate, lambda: back(dir_fd), syncs=1):
            assert ended in ("", f"OSError {errno.EIO}", f"Unsure {errno.EIO}"), at
            change(dir_fd)
            assert signal_file.is_there(dir_fd) == there
