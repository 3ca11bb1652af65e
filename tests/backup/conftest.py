"""What the tests of backup and recovery share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from tests.backup.copying import Archiving
from tests.backup.dumps import Dumps, dumps


@pytest.fixture
def archiving(open_tmp: Path, os_user: OsUser) -> Archiving:
    """A data directory and an archive, without a server."""
    home = open_tmp / "home"
    made = Archiving(home / "data", home / "archived_wal", os_user)
    made.make()
    return made


@pytest.fixture(scope="module")
def modules_dumps(
    postgresql: Binaries, template: Path, os_user: OsUser
) -> Iterator[Dumps]:
    """An instance that runs, which a module's tests take in turns, by `dumped`."""
    with dumps(postgresql, template, os_user) as made:
        yield made


@pytest.fixture
def dumped(modules_dumps: Dumps) -> Dumps:
    """The same with an empty destination, whatever was there before."""
    modules_dumps.settles()
    return modules_dumps
