"""Fixtures: a directory that stands for a data directory, and a descriptor of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgx_mirror.data import steps


@pytest.fixture
def where(tmp_path: Path) -> Path:
    """An empty directory that nobody else may open."""
    path = tmp_path / "data"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def dir_fd(where: Path) -> Iterator[int]:
    """A descriptor of `where`."""
    fd = steps.open_directory(str(where))
    yield fd
    os.close(fd)
