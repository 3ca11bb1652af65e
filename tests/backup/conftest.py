"""What the tests of backup and recovery share."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.os_user import OsUser
from tests.backup.copying import Archiving


@pytest.fixture
def archiving(open_tmp: Path, os_user: OsUser) -> Archiving:
    """A data directory and an archive, without a server."""
    home = open_tmp / "home"
    made = Archiving(home / "data", home / "archived_wal", os_user)
    made.make()
    return made
