"""`pgx_pclrsc -m` beside an older version's monitor, which knows nothing of it."""

from __future__ import annotations

import pytest

from tests.fix_resource import ONLINE
from tests.older.installation import Older

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]


def test_it_lives_on_and_is_said_not_to_have_taken_over_anything(older: Older) -> None:
    pid = older.online()
    resource = older.resource
    words = ("-m", "-c", resource.name, "--watch-interval=2", "--offline-timeout=66")
    result = resource.run("pgx_pclrsc", *words, limit=60)

    assert result.returncode == 0
    assert "has not taken over the settings" in result.stderr
    assert (
        "watch_interval = 2 (was 1): from the monitor's next start on" in result.stdout
    )
    assert "offline_timeout = 66" in result.stdout
    assert resource.monitor() == pid
    assert resource.check() == ONLINE
    entry = older.entry.read_bytes()
    assert b"watch_interval = 2\n" in entry
    assert entry.split()[0] == b"%d" % resource.known().postmaster
