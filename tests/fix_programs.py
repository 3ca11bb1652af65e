"""Where programs lie that a configuration names: nobody else may write on the way there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def program_home() -> Iterator[Path]:
    """A directory for programs that any user may run.

    /tmp will not do everywhere: where it lacks the sticky bit, whatever is below it could
    be another's tomorrow.
    """
    path = Path(tempfile.mkdtemp(prefix="pgx-test-", dir="/var/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)
