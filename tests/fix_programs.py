"""Where programs lie that a configuration names: nobody else may write on the way there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def sound_directory() -> Iterator[Path]:
    """Make a directory for programs that any user may run.

    /tmp will not do everywhere: where it lacks the sticky bit, whatever is below it could
    be another's tomorrow.
    """
    path = Path(tempfile.mkdtemp(prefix="pgx-test-", dir="/var/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)


@pytest.fixture
def program_home() -> Iterator[Path]:
    """Such a directory, for one test."""
    with sound_directory() as path:
        yield path
